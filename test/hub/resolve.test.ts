/** Where models are looked for, in what order, and what the refusal says. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { hubCacheFolder } from '../../src/hub/cache-folder.js';
import { ModelNotFoundError } from '../../src/hub/errors.js';
import { parseModelId } from '../../src/hub/model-id.js';
import { defaultModel, resolveModel } from '../../src/hub/resolve.js';
import { unset } from './environment.js';

const commit = '0123456789abcdef0123456789abcdef01234567';
const variables = ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HOME', 'XDG_CACHE_HOME'];
let restore: () => void;
const started = process.cwd();
let root: string;
let cache: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'vectral-hub-')));
  cache = join(root, 'cache');
  restore = unset(variables);
  process.env.HF_HUB_CACHE = cache;
});

afterEach(() => {
  process.chdir(started);
  restore();
  rmSync(root, { recursive: true });
});

function write(path: string, content = ''): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function cacheModel(repo: string, ref = 'main', files = ['config.json', 'model.safetensors']): string {
  const folder = join(cache, `models--${repo.replace('/', '--')}`);
  const snapshot = join(folder, 'snapshots', commit);
  write(join(folder, 'refs', ref), commit);
  for (const file of files) write(join(snapshot, file));
  return snapshot;
}

describe('a folder', () => {
  it('is taken as it is, relative ones from the working directory', async () => {
    mkdirSync(join(root, 'org/model'), { recursive: true });
    expect(await resolveModel(join(root, 'org/model'))).toBe(join(root, 'org/model'));
    process.chdir(root);
    expect(await resolveModel('org/model')).toBe(join(root, 'org/model'));
    expect(await resolveModel('./org/../org/model')).toBe(join(root, 'org/model'));
  });

  it('wins over the cache', async () => {
    cacheModel('org/model');
    mkdirSync(join(root, 'org/model'), { recursive: true });
    process.chdir(root);
    expect(await resolveModel('org/model')).toBe(join(root, 'org/model'));
  });

  it('that does not exist is not looked for elsewhere', async () => {
    await expect(resolveModel('./nothing/here')).rejects.toThrow(ModelNotFoundError);
    await expect(resolveModel('./nothing/here')).rejects.toThrow(/nothing\/here does not exist/);
  });

  it('is not a file', async () => {
    write(join(root, 'model.safetensors'));
    await expect(resolveModel(join(root, 'model.safetensors'))).rejects.toThrow(/is a file; give the folder/);
  });
});

describe('the Hugging Face cache', () => {
  it('gives the snapshot its main ref names', async () => {
    const snapshot = cacheModel('org/model');
    expect(await resolveModel('org/model')).toBe(snapshot);
  });

  it('gives other revisions by branch and by commit', async () => {
    const snapshot = cacheModel('org/model', 'refs/pr/1');
    expect(await resolveModel('org/model@refs/pr/1')).toBe(snapshot);
    expect(await resolveModel(`org/model@${commit}`)).toBe(snapshot);
    await expect(resolveModel('org/model@other')).rejects.toThrow(/does not have its revision "other"/);
    await expect(resolveModel('org/model')).rejects.toThrow(/does not have its revision "main"/);
  });

  it('takes a bare name for one of sentence-transformers', async () => {
    const snapshot = cacheModel('sentence-transformers/some-model');
    expect(await resolveModel('some-model')).toBe(snapshot);
  });

  it('takes weights one level down', async () => {
    const snapshot = cacheModel('org/static', 'main', ['modules.json', '0_StaticEmbedding/model.safetensors']);
    expect(await resolveModel('org/static')).toBe(snapshot);
  });

  it('and one of the oldest for itself', async () => {
    const snapshot = cacheModel('old-model');
    expect(await resolveModel('old-model')).toBe(snapshot);
    const newer = cacheModel('sentence-transformers/old-model');
    expect(await resolveModel('old-model')).toBe(newer);
  });

  const shards = [1, 2, 3].map((i) => `model-0000${i}-of-00003.safetensors`);
  it('takes shards if all are there, and their index', async () => {
    const files = ['config.json', ...shards, 'model.safetensors.index.json'];
    const snapshot = cacheModel('org/shards', 'main', files);
    expect(await resolveModel('org/shards')).toBe(snapshot);
    for (const file of files) {
      rmSync(join(snapshot, file));
      await expect(resolveModel('org/shards')).rejects.toThrow(/has only a part of it/);
      write(join(snapshot, file));
    }
  });

  it('is passed over where a link leads nowhere', async () => {
    const snapshot = cacheModel('org/dangling');
    rmSync(join(snapshot, 'model.safetensors'));
    symlinkSync('../../blobs/absent', join(snapshot, 'model.safetensors'));
    await expect(resolveModel('org/dangling')).rejects.toThrow(/has only a part of it/);
  });

  it('is passed over where it holds only a part', async () => {
    cacheModel('org/part', 'main', ['config.json', 'onnx/model.onnx']);
    await expect(resolveModel('org/part')).rejects.toThrow(/has only a part of it/);
  });

  it('is not left by a ref that lies', async () => {
    cacheModel('org/model');
    write(join(cache, 'models--org--model/refs/main'), '../../../../etc');
    await expect(resolveModel('org/model')).rejects.toThrow(/refs\/main: must hold the id of a commit/);
  });

  it('lies where its own tools would put it', () => {
    expect(hubCacheFolder({ HF_HUB_CACHE: '/a', HF_HOME: '/b' })).toBe('/a');
    expect(hubCacheFolder({ HUGGINGFACE_HUB_CACHE: '/a', HF_HOME: '/b' })).toBe('/a');
    expect(hubCacheFolder({ HF_HOME: '/b', XDG_CACHE_HOME: '/c' })).toBe(join('/b', 'hub'));
    expect(hubCacheFolder({ XDG_CACHE_HOME: '/c' })).toBe(join('/c', 'huggingface', 'hub'));
    expect(hubCacheFolder({ HF_HUB_CACHE: '~/models' })).toBe(join(homedir(), 'models'));
    expect(hubCacheFolder({ HF_HUB_CACHE: '' })).toBe(join(homedir(), '.cache', 'huggingface', 'hub'));
  });
});

describe('an installed package', () => {
  const install = (json: object) => {
    const folder = join(root, 'app/node_modules/@vectral/tiny-model');
    write(join(folder, 'package.json'), JSON.stringify(json));
    mkdirSync(join(root, 'app/src'), { recursive: true });
    process.chdir(join(root, 'app/src'));
    return folder;
  };

  it('is found from the working directory upwards', async () => {
    const folder = install({ name: '@vectral/tiny-model' });
    expect(await resolveModel('org/Tiny-Model')).toBe(folder);
  });

  it('comes after the cache', async () => {
    install({ name: '@vectral/tiny-model' });
    const snapshot = cacheModel('org/Tiny-Model');
    expect(await resolveModel('org/Tiny-Model')).toBe(snapshot);
  });

  it('is not taken for another model of the same name', async () => {
    const folder = install({ name: '@vectral/tiny-model', vectral: { model: 'org/Tiny-Model' } });
    expect(await resolveModel('org/Tiny-Model')).toBe(folder);
    await expect(resolveModel('other/Tiny-Model')).rejects.toThrow(/is another model, org\/Tiny-Model/);
  });

  it('has no revisions', async () => {
    install({ name: '@vectral/tiny-model' });
    await expect(resolveModel('org/tiny-model@v2')).rejects.toThrow(/has no revisions/);
  });

  it('brings the default model to this repository, wherever it is asked from', async () => {
    process.chdir(root);
    const folder = join(import.meta.dirname, '../../models/all-MiniLM-L6-v2');
    expect(realpathSync(await resolveModel())).toBe(realpathSync(folder));
    expect(realpathSync(await resolveModel('all-MiniLM-L6-v2'))).toBe(realpathSync(folder));
    expect(defaultModel).toBe('sentence-transformers/all-MiniLM-L6-v2');
  });
});

it('a revision is none that leads elsewhere, however it is given', async () => {
  cacheModel('org/model');
  for (const revision of ['..', '../../x', 'a/../..', '/etc', '']) {
    await expect(resolveModel('org/model', { revision })).rejects.toThrow(UsageError);
  }
});

describe('nothing found', () => {
  it('is one line: what was looked for, where, and the mend', async () => {
    const error = await resolveModel('org/Absent-Model').catch((reason) => reason);
    expect(error).toBeInstanceOf(ModelNotFoundError);
    expect(error.code).toBe('MODEL_NOT_FOUND');
    for (const part of ['"org/Absent-Model"', cache, '@vectral/absent-model', 'vectral pull', 'HF_HUB_OFFLINE']) {
      expect(error.message).toContain(part);
    }
    expect(error.message).not.toContain('\n');
  });

  it.each(['', 'a b', 'org/..', 'org/x..y', 'a--b/c', 'a/b@', 'a/b@../main', 'a/b@x/../../y', 'a/-b', 'a/b\0c', 'é/x'])(
    'refuses the id %j',
    async (id) => {
      await expect(resolveModel(id)).rejects.toThrow(UsageError);
    },
  );

  it.each(['../../etc/passwd', 'a/b/../../../etc', '..\\..\\etc', 'C:\\models', '~/models'])(
    'takes %j for a path that does not exist',
    async (id) => {
      await expect(resolveModel(id)).rejects.toThrow(ModelNotFoundError);
    },
  );
});

it('reads ids', () => {
  expect(parseModelId('a/b')).toEqual({ repos: ['a/b'], revision: undefined });
  expect(parseModelId('a/b@v1.0')).toEqual({ repos: ['a/b'], revision: 'v1.0' });
  expect(parseModelId('b')).toEqual({ repos: ['sentence-transformers/b', 'b'], revision: undefined });
});
