/** Every lying model folder is refused with one sentence that says what about; none crashes or fills the memory. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AutoModel, ConfigError, SafetensorsFile, SentenceTransformer, VectralError, WeightsError } from 'vectral';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtPackage } from '../process/child.js';
import { rawFile, temporaryFolder, validFolder } from './raw-file.js';

interface Case {
  name: string;
  lies: string;
  use?: 'AutoModel';
  error: 'ConfigError' | 'WeightsError';
  file: string;
  names: string[];
  without?: string[];
}

const root = join(import.meta.dirname, '../..');
const hostile = join(root, 'test/hostile');
const cases = JSON.parse(readFileSync(join(hostile, 'cases.json'), 'utf8')) as Case[];
const classes = { ConfigError, WeightsError };
const work = temporaryFolder();

/** The sound folder with the files of the case in place of its own. */
function makeFolder({ name, without = [] }: Pick<Case, 'name' | 'without'>): string {
  const folder = join(work, name);
  rmSync(folder, { recursive: true, force: true });
  cpSync(validFolder, folder, { recursive: true });
  for (const file of without) rmSync(join(folder, file));
  const lying = join(hostile, 'cases', name);
  if (existsSync(lying)) cpSync(lying, folder, { recursive: true });
  return folder;
}

async function refusal(load: () => Promise<{ dispose(): Promise<void> } | SafetensorsFile>): Promise<Error> {
  try {
    await load();
  } catch (error) {
    return error as Error;
  }
  throw new Error('the folder was accepted');
}

function load(folder: string, use?: 'AutoModel') {
  return use === 'AutoModel' ? AutoModel.load(folder) : SentenceTransformer.load(folder);
}

/** One line, of a length that a terminal can show. */
function checkMessage(message: string, { file, names }: Pick<Case, 'file' | 'names'>): void {
  expect(message).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
  expect(message.length).toBeLessThan(4000);
  expect(message).toContain(file);
  for (const name of names) expect(message).toContain(name);
}

it('loads the folder that the cases break', async () => {
  await using model = await SentenceTransformer.load(validFolder);
  const { data, shape } = await model.encode(['a b ab', '']);
  expect(shape).toEqual([2, 6]);
  expect(Math.hypot(...data.subarray(0, 6))).toBeCloseTo(1, 5);
});

it('the committed files are what the script makes', () => {
  const made = join(work, 'made-again');
  execFileSync(process.execPath, [join(root, 'scripts/make-hostile.mjs'), made]);
  const files = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'README.md')
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort();
  expect(files(made).length).toBeGreaterThan(cases.length);
  for (const folder of ['valid', 'cases']) {
    expect(files(join(hostile, folder))).toEqual(files(join(made, folder)));
  }
  for (const file of files(made)) {
    expect(readFileSync(join(hostile, file)).equals(readFileSync(join(made, file))), file).toBe(true);
  }
});

describe('in this process', () => {
  it.each(cases)('$name $lies', async (test) => {
    const folder = makeFolder(test);
    const error = await refusal(() => load(folder, test.use));
    expect(error).toBeInstanceOf(classes[test.error]);
    checkMessage(error.message, test);
    if (!test.name.startsWith('safetensors-')) return;
    const alone = await refusal(() => SafetensorsFile.open(join(folder, 'model.safetensors')));
    expect(alone).toBeInstanceOf(WeightsError);
    expect(alone.message).toBe(error.message);
    const unmapped = await refusal(() => SafetensorsFile.open(join(folder, 'model.safetensors'), { mmap: false }));
    expect(unmapped.message).toBe(error.message);
  });
});

describe('in a process of its own', () => {
  beforeAll(() => {
    for (const test of cases) makeFolder(test);
  });

  it('refuses every case, ends normally, and grows by less than 50 MB', () => {
    const list = join(work, 'list.json');
    writeFileSync(list, JSON.stringify(cases.map(({ name, use }) => ({ folder: join(work, name), use }))));
    const child = spawnSync(
      process.execPath,
      ['--expose-gc', join(import.meta.dirname, 'load-all.mjs'), builtPackage(), validFolder, list],
      { encoding: 'utf8', maxBuffer: 1 << 26 },
    );
    expect(child.stderr).toBe('');
    expect([child.status, child.signal]).toEqual([0, null]);
    const { messages, growth } = JSON.parse(child.stdout) as { messages: string[]; growth: number };
    expect(messages.length).toBe(cases.length);
    cases.forEach((test, i) => {
      checkMessage(messages[i] ?? '', test);
    });
    expect(growth).toBeLessThan(50 * 2 ** 20);
  });
});

describe('cases too large to keep', () => {
  const make = (name: string, file: string, content: string | Buffer) => {
    const folder = makeFolder({ name });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), content);
    return folder;
  };

  it.each(['hidden_size', 'model_type', 'architectures', 'hidden_act', 'is_decoder'])(
    'a config with lists nested 200,000 deep as %s',
    async (field) => {
      const config = readFileSync(join(validFolder, 'config.json'), 'utf8').replace(/\}\s*$/, '');
      const deep = `${config}, "${field}": ${'['.repeat(200_000)}${']'.repeat(200_000)} }`;
      const error = await refusal(() => AutoModel.load(make(`deep-${field}`, 'config.json', deep)));
      expect(error).toBeInstanceOf(ConfigError);
      checkMessage(error.message, { file: 'config.json', names: [field] });
    },
  );

  it('a header nested ten million deep', async () => {
    const folder = make('deep-header', 'model.safetensors', rawFile(`{"x":${'['.repeat(10_000_000)}`));
    const error = await refusal(() => SentenceTransformer.load(folder));
    expect(error).toBeInstanceOf(WeightsError);
    checkMessage(error.message, { file: 'model.safetensors', names: ['"x"'] });
  });

  it('a tensor name of a million letters', async () => {
    const name = 'x'.repeat(1_000_000);
    const header = JSON.stringify({ [name]: { dtype: 'F32', shape: [0], data_offsets: [0, 0] } });
    const folder = make('long-name', 'model.safetensors', rawFile(header));
    const error = await refusal(() => SentenceTransformer.load(folder));
    expect(error).toBeInstanceOf(WeightsError);
    checkMessage(error.message, { file: 'model.safetensors', names: ['xxx'] });
  });

  it('a million and one tensors', async () => {
    const entries = Array.from(
      { length: 1_000_001 },
      (_, i) => `"${i}":{"dtype":"I8","shape":[0],"data_offsets":[0,0]}`,
    );
    const folder = make('many-names', 'model.safetensors', rawFile(`{${entries.join()}}`));
    const error = await refusal(() => SafetensorsFile.open(join(folder, 'model.safetensors')));
    expect(error).toBeInstanceOf(WeightsError);
    checkMessage(error.message, { file: 'model.safetensors', names: ['1000000'] });
  });

  it('a tokenizer that gives ids outside the table of the model', async () => {
    const json = JSON.parse(readFileSync(join(validFolder, 'tokenizer.json'), 'utf8'));
    json.model.vocab.b = 1_000_000;
    await using model = await SentenceTransformer.load(make('wild-ids', 'tokenizer.json', JSON.stringify(json)));
    const error = await model.encode('a b').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(VectralError);
    expect((error as Error).message).toContain('1000000');
    expect((await model.encode('a')).length).toBe(1);
  });
});
