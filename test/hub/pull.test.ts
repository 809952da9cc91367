/** Pulling from a hub that is well, slow, forgetful, broken or hostile. */
import { execFile } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HubError, ModelNotFoundError, pull, SentenceTransformer, UsageError } from 'vectral';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveModel } from '../../src/hub/resolve.js';
import { testPath } from '../reference/expected.js';
import { unset } from './environment.js';
import { commit, MockHub } from './mock-hub.js';

const weights = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const variables = [
  'HF_ENDPOINT',
  'HF_HUB_CACHE',
  'HF_HUB_OFFLINE',
  'HF_TOKEN',
  'HF_HOME',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  'VECTRAL_HUB_RETRY_MS',
];
let restore: () => void;
let cache: string;
let hub: MockHub;

beforeEach(async () => {
  restore = unset(variables);
  cache = mkdtempSync(join(tmpdir(), 'vectral-pull-'));
  hub = await MockHub.start({
    'config.json': '{"model_type":"bert"}',
    'tokenizer.json': '{}',
    'vocab.txt': 'a',
    'README.md': 'x',
    'model.safetensors': weights,
    'pytorch_model.bin': 'x',
    'tf_model.h5': 'x',
    'onnx/model.onnx': 'x',
    'onnx/config.json': '{}',
  });
  process.env.HF_ENDPOINT = hub.endpoint;
  process.env.HF_HUB_CACHE = cache;
  process.env.HF_HOME = cache;
  process.env.VECTRAL_HUB_RETRY_MS = '1';
});

afterEach(async () => {
  await hub.stop();
  rmSync(cache, { recursive: true });
  restore();
});

const repoFolder = () => join(cache, 'models--org--model');
const blobs = () => readdirSync(join(repoFolder(), 'blobs')).sort();

describe('a pull', () => {
  it('brings what loading reads, in the layout of Hugging Face', async () => {
    const folder = await pull('org/model');
    expect(folder).toBe(join(repoFolder(), 'snapshots', commit));
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    for (const name of readdirSync(folder)) {
      expect(lstatSync(join(folder, name)).isSymbolicLink()).toBe(true);
      expect(readlinkSync(join(folder, name))).toBe(`../../blobs/${hub.etag(name)}`);
    }
    expect(blobs()).toEqual(
      readdirSync(folder)
        .map((name) => hub.etag(name))
        .sort(),
    );
    expect(readFileSync(join(repoFolder(), 'refs/main'), 'utf8')).toBe(commit);
    expect(readdirSync(join(cache, '.locks/models--org--model'))).toEqual([]);
  });

  it('asks for nothing twice, and is then found without the hub', async () => {
    await pull('org/model');
    const asked = hub.seen.length;
    await pull('org/model');
    expect(hub.seen.length).toBe(asked + 1);
    process.env.HF_HUB_OFFLINE = '1';
    expect(await resolveModel('org/model')).toBe(join(repoFolder(), 'snapshots', commit));
    expect(hub.seen.length).toBe(asked + 1);
  });

  it('takes a branch or a commit', async () => {
    hub.branch = 'refs/pr/1';
    await pull(`org/model@${commit}`);
    expect(existsSync(join(repoFolder(), 'refs'))).toBe(false);
    hub.branch = 'v2';
    await pull('org/model', { revision: 'v2' });
    expect(readdirSync(join(repoFolder(), 'refs'))).toEqual(['v2']);
  });

  it('brings the folders of modules, and of a Router, and vocabularies where there is no tokenizer.json', async () => {
    hub.files.clear();
    const router = { types: { query_0_Transformer: 'x.Transformer' }, structure: {} };
    const modules = [
      { path: 'r', type: 'x.Router' },
      { path: '1_Dense', type: 'x.Dense' },
    ];
    for (const [path, content] of Object.entries({
      'modules.json': JSON.stringify(modules),
      'r/router_config.json': JSON.stringify(router),
      'r/query_0_Transformer/config.json': '{}',
      'r/query_0_Transformer/vocab.txt': 'a',
      'r/query_0_Transformer/model-00001-of-00002.safetensors': '1',
      'r/query_0_Transformer/model-00002-of-00002.safetensors': '2',
      'r/query_0_Transformer/model.safetensors.index.json': '{}',
      'r/query_0_Transformer/model.fp16-00001-of-00001.safetensors': '2',
      'r/other/config.json': '{}',
      '1_Dense/config.json': '{}',
      '1_Dense/pytorch_model.bin': 'x',
      '2_Other/config.json': '{}',
    })) {
      hub.files.set(path, Buffer.from(content));
    }
    const folder = await pull('org/model');
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
    expect(files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort()).toEqual([
      '1_Dense/config.json',
      '1_Dense/pytorch_model.bin',
      'modules.json',
      'r/query_0_Transformer/config.json',
      'r/query_0_Transformer/model-00001-of-00002.safetensors',
      'r/query_0_Transformer/model-00002-of-00002.safetensors',
      'r/query_0_Transformer/model.safetensors.index.json',
      'r/query_0_Transformer/vocab.txt',
      'r/router_config.json',
    ]);
  });

  it('tells how far it is', async () => {
    const seen: number[] = [];
    await pull('org/model', { onDownload: ({ done, total }) => seen.push(done / total) });
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it('stops at an abort, and the next goes on', async () => {
    hub.fault = (path, count) => (path === 'model.safetensors' && count === 0 ? { cutAfter: 100_000 } : undefined);
    const controller = new AbortController();
    const reason = new Error('enough');
    const onDownload = ({ file }: { file: string }) => file === 'model.safetensors' && controller.abort(reason);
    await expect(pull('org/model', { signal: controller.signal, onDownload })).rejects.toBe(reason);
    expect(existsSync(join(repoFolder(), 'refs'))).toBe(false);
    await pull('org/model');
  });
});

describe('load by id', () => {
  it('downloads what is not there, and then takes it from the cache', async () => {
    const source = testPath('fixtures', 'transformers', 'st-mean');
    hub.files.clear();
    for (const path of [
      'config.json',
      'modules.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'sentence_bert_config.json',
      'model.safetensors',
      '1_Pooling/config.json',
    ]) {
      hub.files.set(path, readFileSync(join(source, path)));
    }
    await using model = await SentenceTransformer.load('org/model');
    await using local = await SentenceTransformer.load(source);
    expect((await model.encode('a cat')).data).toEqual((await local.encode('a cat')).data);
    const asked = hub.seen.length;
    await using again = await SentenceTransformer.load('org/model', { localFilesOnly: true });
    expect(again.folder).toBe(model.folder);
    expect(hub.seen.length).toBe(asked);
  });

  it('completes what is there in part', async () => {
    const snapshot = join(repoFolder(), 'snapshots', commit);
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(join(repoFolder(), 'refs'));
    writeFileSync(join(repoFolder(), 'refs/main'), commit);
    writeFileSync(join(snapshot, 'config.json'), '{}');
    expect(await resolveModel('org/model')).toBe(snapshot);
    expect(existsSync(join(snapshot, 'model.safetensors'))).toBe(true);
  });

  it('without the hub says what is missing and how to get it', async () => {
    const call = resolveModel('org/model', { localFilesOnly: true });
    await expect(call).rejects.toThrow(ModelNotFoundError);
    await expect(call).rejects.toThrow(/hub may not be asked.*does not have org\/model.*run "vectral pull org\/model"/);
    expect(hub.seen).toEqual([]);
    process.env.HF_HUB_OFFLINE = '1';
    await expect(pull('org/model')).rejects.toThrow('HF_HUB_OFFLINE is set');
    await expect(resolveModel('org/model@a', { revision: 'b' })).rejects.toThrow(UsageError);
  });
});

describe('a token', () => {
  it('goes to the hub and to no other host', async () => {
    await pull('org/model', { token: 'secret' });
    expect(hub.seen.filter(({ host }) => host === 'hub').every((seen) => seen.authorization === 'Bearer secret')).toBe(
      true,
    );
    const elsewhere = hub.seen.filter(({ host }) => host === 'cdn');
    expect(elsewhere.length).toBe(1);
    expect(elsewhere[0]!.authorization).toBeUndefined();
  });

  it('comes from HF_TOKEN, or from the file that a login leaves', async () => {
    writeFileSync(join(cache, 'token'), 'stored\n');
    await pull('org/model');
    expect(hub.seen[0]!.authorization).toBe('Bearer stored');
    process.env.HF_TOKEN = 'named';
    await pull('org/model');
    expect(hub.seen.at(-1)!.authorization).toBe('Bearer named');
  });
});

describe('what may pass is tried again', () => {
  it('a cut connection goes on where it ended', async () => {
    hub.fault = (path, count) => (path === 'model.safetensors' && count < 3 ? { cutAfter: 70_000 } : undefined);
    const folder = await pull('org/model');
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    const begins = hub
      .of('model.safetensors')
      .filter(({ host }) => host === 'cdn')
      .map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? 'bytes=0-')?.[1]));
    // what was on its way when the connection ended may be lost
    expect(begins.length).toBe(4);
    begins.forEach((begin, i) => {
      expect(begin).toBeLessThanOrEqual(i * 70_000);
      if (i > 0) expect(begin).toBeGreaterThan(begins[i - 1]!);
    });
  });

  it('what an earlier process left is gone on with', async () => {
    mkdirSync(join(repoFolder(), 'blobs'), { recursive: true });
    const partial = join(repoFolder(), 'blobs', `${hub.etag('model.safetensors')}.vectral.incomplete`);
    writeFileSync(partial, weights.subarray(0, 123_456));
    const folder = await pull('org/model');
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(hub.of('model.safetensors').at(-1)!.range).toBe('bytes=123456-');
    expect(existsSync(partial)).toBe(false);
  });

  it('and thrown away if it is not the beginning of the file', async () => {
    mkdirSync(join(repoFolder(), 'blobs'), { recursive: true });
    const partial = join(repoFolder(), 'blobs', `${hub.etag('model.safetensors')}.vectral.incomplete`);
    for (const wrong of [Buffer.alloc(1000, 1), Buffer.alloc(weights.length), Buffer.alloc(weights.length + 1)]) {
      writeFileSync(partial, wrong);
      const folder = await pull('org/model');
      expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
      rmSync(repoFolder(), { recursive: true });
      mkdirSync(join(repoFolder(), 'blobs'), { recursive: true });
    }
  });

  it('a server that ignores ranges is read past what is there', async () => {
    hub.fault = (path, count) =>
      path !== 'model.safetensors' ? undefined : count === 0 ? { cutAfter: 50_000 } : { whole: true };
    const folder = await pull('org/model');
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
  });

  it.each([500, 503, 429])('an answer of %i', async (status) => {
    hub.fault = (path, count) => (path === 'config.json' && count < 2 ? { status } : undefined);
    await pull('org/model');
    expect(hub.of('config.json').length).toBe(3);
  });
});

describe('what does not pass is one clear error', () => {
  it.each<[string, () => void, RegExp, number | undefined]>([
    ['5xx for ever', () => (hub.fault = () => ({ status: 502 })), /answered 502 for org\/model, again and again/, 502],
    ['429 for ever', () => (hub.fault = () => ({ status: 429 })), /too many requests \(429\)/, 429],
    ['no byte, ever', () => (hub.fault = () => ({ cutAfter: 0 })), /again and again; try later/, undefined],
    [
      'a wrong hash',
      () =>
        (hub.fault = (path) => (path === 'model.safetensors' ? { content: Buffer.alloc(weights.length) } : undefined)),
      /model\.safetensors of org\/model came with the hash .* thrown away/,
      undefined,
    ],
    [
      'more than was announced',
      () => (hub.fault = (path) => (path === 'config.json' ? { content: Buffer.alloc(1000) } : undefined)),
      /sends more than the 21 bytes/,
      undefined,
    ],
    [
      'a gated model',
      () => (hub.listing = { status: 403, headers: { 'x-error-code': 'GatedRepo' } }),
      /is gated: accept its terms at .*\/org\/model; to read it, set HF_TOKEN/,
      403,
    ],
    ['no account', () => (hub.listing = { status: 401 }), /does not let this account read org\/model/, 401],
    ['what is no listing', () => (hub.listing = { content: Buffer.from('<html>') }), /what is no listing/, undefined],
    [
      'a listing without files',
      () => (hub.listing = { content: Buffer.from('{}') }),
      /sha or siblings is missing/,
      undefined,
    ],
    [
      'no weights',
      () => hub.files.delete('model.safetensors') && hub.files.delete('pytorch_model.bin'),
      /has no safetensors/,
      undefined,
    ],
  ])('%s', async (_, set, message, status) => {
    set();
    const error = await pull('org/model').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ message: expect.stringMatching(message), status });
    expect(existsSync(join(repoFolder(), 'refs'))).toBe(false);
    const left = existsSync(join(repoFolder(), 'blobs')) ? blobs() : [];
    expect(left.every((name) => name.endsWith('.incomplete') || name.length === 40)).toBe(true);
  });

  it.each(['../evil', '/evil', 'a/../../evil', '..\\evil', 'a//b', 'a/.'])('a file named %j', async (path) => {
    hub.files.set(path, Buffer.from('x'));
    await expect(pull('org/model')).rejects.toThrow(/would lie outside of its folder/);
  });

  it('a model or a revision that is not there', async () => {
    await expect(pull('org/other')).rejects.toThrow(ModelNotFoundError);
    await expect(pull('org/other')).rejects.toThrow(/has no model "org\/other", or it is private; if so, set HF_TOKEN/);
    await expect(pull('org/model@v9')).rejects.toThrow(/has no revision "v9"/);
    await expect(pull('org/../model')).rejects.toThrow(UsageError);
  });

  it('a hub that cannot be reached', async () => {
    process.env.HF_ENDPOINT = 'http://127.0.0.1:9';
    await expect(pull('org/model')).rejects.toThrow(
      /127\.0\.0\.1:9 cannot be reached: .*ECONNREFUSED.*check the network/,
    );
    process.env.HF_ENDPOINT = 'ftp://x';
    await expect(pull('org/model')).rejects.toThrow(/HF_ENDPOINT must be a URL/);
  });

  it('a cache that cannot be written', async () => {
    writeFileSync(join(cache, 'file'), '');
    await expect(pull('org/model', { cacheFolder: join(cache, 'file') })).rejects.toThrow(HubError);
    await expect(pull('org/model', { cacheFolder: join(cache, 'file') })).rejects.toThrow(
      /file.* cannot be written: .*; give a cache that can be written/,
    );
  });
});

it('two processes that pull the same model bring each file once', async () => {
  hub.fault = (path, count) => (path === 'model.safetensors' && count === 0 ? { cutAfter: 200_000 } : undefined);
  const run = promisify(execFile);
  const main = testPath('..', 'dist', 'esm', 'cli', 'main.js');
  const env = { ...process.env, HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache };
  const outputs = await Promise.all([1, 2, 3].map(() => run(process.execPath, [main, 'pull', 'org/model'], { env })));
  const folder = join(repoFolder(), 'snapshots', commit);
  expect(outputs.map(({ stdout }) => stdout)).toEqual(Array(3).fill(`${folder}\n`));
  expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
  expect(hub.of('model.safetensors').filter(({ host }) => host === 'cdn').length).toBe(2);
  expect(blobs().some((name) => name.includes('vectral'))).toBe(false);
});
