/** PyTorch's weight files: the same bytes as safetensors, and nothing but tensors. */
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PytorchFile, SafetensorsFile, SentenceTransformer, WeightsError } from 'vectral';
import { afterAll, describe, expect, it } from 'vitest';
import { unpickle } from '../../src/weights/unpickle.js';
import { testPath } from '../reference/expected.js';

const folder = testPath('fixtures', 'pytorch');
const scratch = mkdtempSync(join(tmpdir(), 'vectral-pytorch-'));
afterAll(() => rmSync(scratch, { recursive: true }));

describe.each(['state.bin', 'protocol-4.bin', 'legacy.bin'])('%s', (name) => {
  it.each([true, false])('has the tensors of the safetensors file, mapped %s', async (mmap) => {
    using expected = await SafetensorsFile.open(join(folder, 'expected.safetensors'));
    using file = await PytorchFile.open(join(folder, name), { mmap });
    for (const { name: key, dtype, shape } of expected.entries) {
      expect(file.entries.find((entry) => entry.name === key)).toMatchObject({ dtype, shape });
      expect(file.tensor(key).toArray()).toEqual(expected.tensor(key).toArray());
    }
  });
});

it('reads parameters and views of a storage', async () => {
  using file = await PytorchFile.open(join(folder, 'state.bin'));
  const whole = file.tensor('f32').toFloat32Array();
  expect(file.tensor('parameter').toFloat32Array()).toEqual(whole);
  expect(file.tensor('rows').shape).toEqual([3, 8]);
  expect(file.tensor('rows').toFloat32Array()).toEqual(whole.slice(16, 40));
});

describe('refuses', () => {
  it.each([
    ['transposed.bin', /tensor "transposed" is stored with strides 1, 8/],
    ['training.bin', /"epoch" is no tensor/],
    ['module.bin', /its pickle asks for torch\.nn\.modules\.linear\.Linear, which is no part of a tensor/],
  ])('%s', async (name, message) => {
    const call = PytorchFile.open(join(folder, name));
    await expect(call).rejects.toThrow(WeightsError);
    await expect(call).rejects.toThrow(message);
  });

  it.each(['state.bin', 'legacy.bin'])('%s cut anywhere, or with any byte changed, without harm', async (name) => {
    const bytes = readFileSync(join(folder, name));
    const path = join(scratch, 'broken.bin');
    const attempt = async (content: Buffer) => {
      writeFileSync(path, content);
      try {
        using file = await PytorchFile.open(path, { mmap: false });
        for (const { name } of file.entries) file.tensor(name).toArray();
      } catch (error) {
        expect(error).toBeInstanceOf(WeightsError);
      }
    };
    for (let end = 0; end < bytes.length; end += 97) await attempt(bytes.subarray(0, end));
    for (let i = 0; i < bytes.length; i += 13) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1 << (i % 8);
      await attempt(changed);
    }
  });
});

describe('of a file from before 1.6', () => {
  const legacy = readFileSync(join(folder, 'legacy.bin'));
  const changed = async (from: string, to: string) => {
    const text = legacy.toString('latin1');
    expect(text).toContain(from);
    const path = join(scratch, 'changed.bin');
    writeFileSync(path, text.replace(from, to), 'latin1');
    return PytorchFile.open(path);
  };

  it('the bytes are those of the file, though it aligns none', async () => {
    using file = await PytorchFile.open(join(folder, 'legacy.bin'));
    using expected = await SafetensorsFile.open(join(folder, 'expected.safetensors'));
    expect(file.entries.some(({ dtype, begin }) => dtype === 'F32' && begin % 4 !== 0)).toBe(true);
    expect(file.tensor('f32').toArray()).toEqual(expected.tensor('f32').toArray());
  });

  it.each([
    ['a command', 'ctorch._utils\n_rebuild_tensor_v2\n', 'cos\nsystem\n', /asks for os\.system/],
    ['big-endian numbers', 'little_endianq\x02\x88', 'little_endianq\x02\x89', /is big-endian/],
    ['another number of elements', '\x30\0\0\0\0\0\0\0', '\x2f\0\0\0\0\0\0\0', /two sizes/],
    ['another kind of storage', 'torch\nFloatStorage', 'torch\nOtherStorage', /storage that no tensor describes/],
  ])('%s is refused', async (_, from, to, message) => {
    const call = changed(from, to);
    await expect(call).rejects.toThrow(WeightsError);
    await expect(call).rejects.toThrow(message);
  });

  it('a short one is refused by each of its ends', async () => {
    const path = join(scratch, 'short.bin');
    for (const part of [0.1, 0.5, 0.9, 1 - 1 / legacy.length]) {
      writeFileSync(path, legacy.subarray(0, Math.floor(legacy.length * part)));
      await expect(PytorchFile.open(path)).rejects.toThrow(/short\.bin: its pickle .*; convert the model/);
    }
  });
});

describe('a pickle', () => {
  const proto = '\x80\x02';
  it.each<[string, string, RegExp]>([
    ['that runs a command', `${proto}cos\nsystem\n(X\x02\x00\x00\x00idtR.`, /asks for os\.system/],
    ['that evaluates', `${proto}cbuiltins\neval\n.`, /asks for builtins\.eval/],
    ['that names by a stack', '\x80\x04\x8c\x02os\x8c\x06system\x93.', /asks for os\.system/],
    ['that reaches for a prototype', `${proto}c__proto__\nconstructor\n.`, /asks for __proto__\.constructor/],
    ['that asks for a method of a callable', `${proto}ccollections\nOrderedDict.update\n.`, /OrderedDict\.update/],
    ['that calls a storage', `${proto}ctorch\nFloatStorage\n)R.`, /calls what cannot be called/],
    ['that calls a text', `${proto}X\x01\x00\x00\x00a)R.`, /calls what cannot be called/],
    ['that instantiates', `${proto}(icollections\nOrderedDict\n.`, /instruction 0x69/],
    ['that builds an object', `${proto}ctorch\nFloatStorage\n)\x81.`, /instruction 0x81/],
    ['that pops nothing', `${proto}0.`, /takes what is not there/],
    ['without a mark', `${proto}t.`, /takes what is not there/],
    ['that recalls', `${proto}h\x07.`, /recalls what it has not said/],
    ['without an end', `${proto}N`, /ends too soon/],
    ['with a text beyond the end', `${proto}X\xff\xff\xff\x7fa.`, /ends too soon/],
    ['of another version', '\x80\x09N.', /version/],
    ['that sets into no dictionary', `${proto}]NNs.`, /no dictionary/],
    ['with another kind of storage', `${proto}(X\x01\x00\x00\x00xtQ.`, /storage that is none/],
    ['with a tensor of no storage', `${proto}ctorch._utils\n_rebuild_tensor_v2\n)R.`, /tensor without a storage/],
  ])('%s', (_, text, message) => {
    expect(() => unpickle(Buffer.from(text, 'latin1'))).toThrow(message);
  });
});

describe('a pickle that would take all time or memory', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  const char = String.fromCharCode;
  // a pair of pairs of pairs …: 60 levels in 400 bytes, 2^60 texts if it were ever written out
  const levels = Array.from({ length: 60 }, (_, i) => `h${char(i)}h${char(i)}\x86q${char(i + 1)}`);
  const bomb = `\x80\x04]q\x00${levels.join('')}`;

  it('by a name', () => {
    expect(() => unpickle(bytes(`${bomb}h${char(60)}\x93.`))).toThrow(/asks for what has no name/);
  });

  it('by the key of a tensor', async () => {
    const path = join(scratch, 'bomb.bin');
    // a dictionary with the last pair as its only key
    writeFileSync(path, storedZip('a/data.pkl', bytes(`${bomb}0}h${char(60)}Ns.`)));
    await expect(PytorchFile.open(path)).rejects.toThrow(/bomb\.bin: a key that is no text is no tensor/);
  });

  it.each(['}', ']', '(', 'N'])('by its length in %s', (instruction) => {
    const pickle = Buffer.concat([bytes('\x80\x02'), Buffer.alloc(12e6, instruction), bytes('.')]);
    expect(() => unpickle(pickle)).toThrow(/more than 1000000 instructions/);
  });
});

/** An archive of one stored file, as the specification has it; PyTorch's own reader does not ask for the checksum either. */
function storedZip(name: string, content: Buffer): Buffer {
  const label = Buffer.from(name);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(label.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt32LE(content.length, 20);
  entry.writeUInt32LE(content.length, 24);
  entry.writeUInt16LE(label.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + label.length, 12);
  end.writeUInt32LE(30 + label.length + content.length, 16);
  return Buffer.concat([local, label, content, entry, label, end]);
}

describe('a model folder', () => {
  it('with pytorch_model.bin gives what its safetensors gave', async () => {
    const source = testPath('fixtures', 'modules', 'layers');
    const target = join(scratch, 'layers');
    cpSync(source, target, { recursive: true });
    // the module's own weights are copied from a file that PyTorch wrote of the same values
    copyFileSync(join(folder, 'layer-norm.bin'), join(target, '3_LayerNorm', 'pytorch_model.bin'));
    rmSync(join(target, '3_LayerNorm', 'model.safetensors'));
    await using model = await SentenceTransformer.load(target);
    await using original = await SentenceTransformer.load(source);
    expect((await model.encode('a cat')).data).toEqual((await original.encode('a cat')).data);
  });

  it('takes safetensors where both are there', async () => {
    const target = join(scratch, 'both');
    cpSync(testPath('fixtures', 'transformers', 'st-mean'), target, { recursive: true });
    writeFileSync(join(target, 'pytorch_model.bin'), 'no archive');
    await using model = await SentenceTransformer.load(target);
    expect(model.dimension).toBe(48);
  });
});
