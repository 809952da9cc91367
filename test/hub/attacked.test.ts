/** Pulls under conditions that come up: crashes, races, odd names, other people's caches. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HubError, ModelNotFoundError, pull, SentenceTransformer, UsageError } from 'vectral';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveModel } from '../../src/hub/resolve.js';
import { testPath } from '../reference/expected.js';
import { unset } from './environment.js';
import { commit, MockHub } from './mock-hub.js';

const weights = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
let restore: () => void;
let cache: string;
let hub: MockHub;

beforeEach(async () => {
  const named = ['HF_ENDPOINT', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE', 'HF_TOKEN', 'HF_TOKEN_PATH', 'HF_HOME'];
  const others = ['HUGGING_FACE_HUB_TOKEN', 'HF_HUB_DISABLE_IMPLICIT_TOKEN', 'HTTP_PROXY', 'http_proxy'];
  restore = unset([...named, ...others, 'VECTRAL_HUB_RETRY_MS']);
  cache = mkdtempSync(join(tmpdir(), 'vectral-attacked-'));
  hub = await MockHub.start({ 'config.json': '{"model_type":"bert"}', 'model.safetensors': weights });
  const settings = { HF_ENDPOINT: hub.endpoint, HF_HOME: cache, HF_HUB_CACHE: cache, VECTRAL_HUB_RETRY_MS: '1' };
  Object.assign(process.env, settings);
});

afterEach(async () => {
  await hub.stop();
  rmSync(cache, { recursive: true });
  restore();
});

const repoFolder = (name = 'org--model') => join(cache, `models--${name}`);
const snapshot = (name?: string) => join(repoFolder(name), 'snapshots', commit);
const isWhole = (folder: string) => readFileSync(join(folder, 'model.safetensors')).equals(weights);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

it('a process that is killed in the middle leaves what the next goes on with, without a wait', async () => {
  hub.fault = (path, count) => (path === 'model.safetensors' && count === 0 ? { stallAfter: 200_000 } : undefined);
  const main = testPath('..', 'dist', 'esm', 'cli', 'main.js');
  const child: ChildProcess = spawn(process.execPath, [main, 'pull', 'org/model'], { stdio: 'ignore' });
  const partial = join(repoFolder(), 'blobs', `${hub.etag('model.safetensors')}.vectral.incomplete`);
  await until(() => existsSync(partial) && readFileSync(partial).length === 200_000);
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await ended;
  expect(readdirSync(join(cache, '.locks/models--org--model')).length).toBe(1);
  // the lock of one that is dead is not waited for; that of one unknown would be, for 15 s
  expect(isWhole(await pull('org/model', { signal: AbortSignal.timeout(10_000) }))).toBe(true);
  expect(hub.of('model.safetensors').at(-1)!.range).toBe('bytes=200000-');
  expect(readdirSync(join(cache, '.locks/models--org--model'))).toEqual([]);
});

it('many pulls in one process bring each file once', async () => {
  for (let round = 0; round < 3; round++) {
    const folders = await Promise.all(Array.from({ length: 8 }, () => pull('org/model')));
    expect(new Set(folders)).toEqual(new Set([snapshot()]));
    expect(isWhole(snapshot())).toBe(true);
    // then all of them make the links and the ref at the same moment
    if (round < 2) for (const folder of ['snapshots', 'refs']) rmSync(join(repoFolder(), folder), { recursive: true });
  }
  expect(hub.of('config.json').length).toBe(1);
  expect(readdirSync(snapshot()).sort()).toEqual(['config.json', 'model.safetensors']);
  expect(readdirSync(join(repoFolder(), 'refs'))).toEqual(['main']);
});

it('a listing that is cut is asked for again', async () => {
  hub.cutListings = 2;
  await pull('org/model');
  expect(hub.seen.filter(({ url }) => url.startsWith('/api/')).length).toBe(3);
  hub.cutListings = 99;
  await expect(pull('org/model')).rejects.toThrow(/cannot be reached: aborted; check the network/);
});

it('an abort while the hub is silent rejects with its reason', async () => {
  hub.fault = (path) => (path === 'model.safetensors' ? { stallAfter: 10 } : undefined);
  const controller = new AbortController();
  const call = pull('org/model', { signal: controller.signal });
  const waiting = pull('org/model', { signal: controller.signal });
  const ended = Promise.allSettled([call, waiting]);
  await until(() => hub.of('model.safetensors').length === 2);
  const reason = new Error('enough');
  controller.abort(reason);
  expect(await ended).toEqual(Array(2).fill({ status: 'rejected', reason }));
});

it('a connection that falls silent counts as cut', async () => {
  process.env.HF_HUB_DOWNLOAD_TIMEOUT = '0.2';
  try {
    hub.fault = (path, count) => (path === 'model.safetensors' && count < 2 ? { stallAfter: 100_000 } : undefined);
    expect(isWhole(await pull('org/model'))).toBe(true);
    const ranges = hub.of('model.safetensors').flatMap(({ host, range }) => (host === 'cdn' ? [range] : []));
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
  } finally {
    delete process.env.HF_HUB_DOWNLOAD_TIMEOUT;
  }
});

it('what the callback throws is thrown on, at once', async () => {
  const fault = new Error('a bug of the caller');
  const onDownload = () => {
    throw fault;
  };
  await expect(pull('org/model', { onDownload })).rejects.toBe(fault);
  expect(hub.of('config.json').length).toBeLessThan(2);
});

describe('a name without an organisation', () => {
  it('is one of sentence-transformers, or of the oldest, which the hub has under another name', async () => {
    hub.formerName = 'old-model';
    hub.repo = 'org/old-model';
    expect(await pull('old-model')).toBe(snapshot('old-model'));
    const asked = hub.seen.length;
    expect(await resolveModel('old-model')).toBe(snapshot('old-model'));
    expect(hub.seen.length).toBe(asked);
    hub.repo = 'sentence-transformers/new-model';
    expect(await pull('new-model')).toBe(snapshot('sentence-transformers--new-model'));
  });

  it('that is neither is said to be neither', async () => {
    const call = pull('no-model');
    await expect(call).rejects.toThrow(ModelNotFoundError);
    await expect(call).rejects.toThrow(/no model "sentence-transformers\/no-model".*no model "no-model"/);
  });
});

describe('a revision given apart', () => {
  it.each(['..', '../../x', 'a/../..', '/etc', 'a\\b', ''])('is not %j', async (revision) => {
    await expect(pull('org/model', { revision })).rejects.toThrow(UsageError);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('does not contradict the id', async () => {
    await expect(pull('org/model@a', { revision: 'b' })).rejects.toThrow(/do not go together/);
  });
});

it('files that no model has may be called anything', async () => {
  hub.files.set('runs/Nov12_10:22:33/events', Buffer.from('x'));
  hub.files.set('a\\b.json', Buffer.from('{}'));
  expect(readdirSync(await pull('org/model')).sort()).toEqual(['config.json', 'model.safetensors']);
});

it('a file that is listed but not there is one error, at once', async () => {
  hub.fault = () => ({ status: 404, headers: { 'x-error-code': 'EntryNotFound' } });
  await expect(pull('org/model')).rejects.toThrow(/lists a file of org\/model that it does not have/);
  expect(hub.of('config.json').length).toBe(1);
});

it('a file that is gated is told as such', async () => {
  hub.fault = () => ({ status: 403, headers: { 'x-error-code': 'GatedRepo' } });
  await expect(pull('org/model')).rejects.toThrow(/org\/model is gated: accept its terms/);
});

it('another endpoint may be given in the call', async () => {
  process.env.HF_ENDPOINT = 'http://127.0.0.1:9';
  expect(isWhole(await pull('org/model', { endpoint: hub.endpoint }))).toBe(true);
  await expect(pull('org/model', { endpoint: 'hub' })).rejects.toThrow(/endpoint must be a URL .* got "hub"/);
});

describe('a token', () => {
  const sent = () => hub.seen.at(-1)?.authorization;

  it('that is empty counts as not given, and may be declined', async () => {
    writeFileSync(join(cache, 'token'), 'stored\n');
    process.env.HF_TOKEN = ' ';
    await pull('org/model');
    await pull('org/model');
    expect(sent()).toBe('Bearer stored');
    process.env.HF_HUB_DISABLE_IMPLICIT_TOKEN = '1';
    await pull('org/model');
    expect(sent()).toBeUndefined();
  });

  it('that cannot be one is refused without being shown', async () => {
    const error = await pull('org/model', { token: 'se\ncret' }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).not.toMatch(/se.*cret/);
    expect(hub.seen).toEqual([]);
  });
});

describe('a cache that another program began', () => {
  /** As Hugging Face's tools leave it, but for the links. */
  function cacheFiles(names: readonly string[]): void {
    mkdirSync(join(repoFolder(), 'refs'), { recursive: true });
    writeFileSync(join(repoFolder(), 'refs/main'), commit);
    for (const name of names) {
      mkdirSync(dirname(join(snapshot(), name)), { recursive: true });
      writeFileSync(join(snapshot(), name), hub.files.get(name)!);
    }
  }

  function serve(source: string, names: readonly string[]): void {
    hub.files.clear();
    for (const name of names) hub.files.set(name, readFileSync(testPath('fixtures', 'transformers', source, name)));
  }

  const bare = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
  const pooling = ['modules.json', '1_Pooling/config.json'];

  it('as transformers does, without the modules, gives the vectors of the whole model', async () => {
    const source = testPath('fixtures', 'transformers', 'st-cls');
    serve('st-cls', [...bare, ...pooling]);
    cacheFiles(bare);
    await using model = await SentenceTransformer.load('org/model');
    await using expected = await SentenceTransformer.load(source);
    expect((await model.encode('a cat')).data).toEqual((await expected.encode('a cat')).data);
    const asked = hub.seen.length;
    await (await SentenceTransformer.load('org/model')).dispose();
    expect(hub.seen.length).toBe(asked);
  });

  it('as sentence-transformers does, or with a note that there are no modules, is not asked about', async () => {
    serve('st-cls', [...bare, ...pooling]);
    cacheFiles([...bare, ...pooling]);
    expect(await resolveModel('org/model')).toBe(snapshot());
    rmSync(join(snapshot(), 'modules.json'));
    mkdirSync(join(repoFolder(), '.no_exist', commit), { recursive: true });
    writeFileSync(join(repoFolder(), '.no_exist', commit, 'modules.json'), '');
    expect(await resolveModel('org/model')).toBe(snapshot());
    expect(hub.seen).toEqual([]);
  });

  it.each(['1_Pooling/config.json', 'config.json', 'tokenizer.json'])('without %s is completed', async (absent) => {
    serve('st-cls', [...bare, ...pooling]);
    cacheFiles([...bare, ...pooling].filter((name) => name !== absent));
    await (await SentenceTransformer.load('org/model')).dispose();
    expect(existsSync(join(snapshot(), absent))).toBe(true);
  });

  it('is used as it is where the hub cannot be asked, with a warning unless it may not', async () => {
    serve('st-cls', bare);
    cacheFiles(bare);
    const warnings: string[] = [];
    const listen = (warning: Error) => warnings.push(warning.message);
    process.on('warning', listen);
    expect(await resolveModel('org/model', { localFilesOnly: true })).toBe(snapshot());
    await sleep(10);
    expect(warnings).toEqual([]);
    expect(await resolveModel('org/model', { endpoint: 'http://127.0.0.1:9' })).toBe(snapshot());
    await sleep(10);
    process.off('warning', listen);
    expect(warnings).toEqual([
      expect.stringMatching(/org\/model@0123.* used as it is: 127\.0\.0\.1:9 cannot be reached/),
    ]);
  });

  it('is completed where shards are missing', async () => {
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    hub.files.delete('model.safetensors');
    for (const name of [...shards, 'model.safetensors.index.json']) hub.files.set(name, Buffer.from(name));
    mkdirSync(snapshot(), { recursive: true });
    mkdirSync(join(repoFolder(), 'refs'));
    writeFileSync(join(repoFolder(), 'refs/main'), commit);
    for (const name of ['config.json', shards[0]!]) writeFileSync(join(snapshot(), name), hub.files.get(name)!);
    expect(await resolveModel('org/model')).toBe(snapshot());
    for (const name of shards) expect(readFileSync(join(snapshot(), name), 'utf8')).toBe(name);
  });

  it('is completed where a blob was deleted', async () => {
    await pull('org/model');
    rmSync(join(repoFolder(), 'blobs', hub.etag('model.safetensors')));
    expect(isWhole(await resolveModel('org/model'))).toBe(true);
  });
});

it('a size that cannot be is no listing', async () => {
  const siblings = [{ rfilename: 'config.json', size: -1, blobId: 'f'.repeat(40) }];
  hub.listing = { content: Buffer.from(JSON.stringify({ sha: commit, siblings })) };
  await expect(pull('org/model')).rejects.toThrow(HubError);
});
