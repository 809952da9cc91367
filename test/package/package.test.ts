import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Consumer, model, type Packed, pack, repository } from './pack.js';

const megabyte = 1024 * 1024;
const consumer = new Consumer();
let packed: Packed;

/** Prints the cosine similarity of two texts, 1 decimal: enough to tell real vectors from noise. */
const embedTwo = `
async function main({ SentenceTransformer }) {
  const model = await SentenceTransformer.load(${JSON.stringify(model)});
  const e = await model.encode(['A man is playing a guitar.', 'Someone plays a guitar on stage.']);
  console.log(e.dimension, model.similarity(e, e)[0][1].toFixed(1));
  model.dispose();
}`;

beforeAll(() => {
  packed = pack(consumer.folder);
  consumer.install(packed.tarball);
});
afterAll(() => consumer.remove());

function installed(...names: string[]): string {
  return path.join(consumer.folder, 'node_modules', ...names);
}

function folderSize(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(path.join(folder, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}

describe('the tarball', () => {
  test('holds compiled code, types, a prebuilt addon and the licence', () => {
    const names = packed.files.map((file) => file.path);
    for (const name of ['dist/esm/index.js', 'dist/esm/index.d.ts', 'dist/cjs/index.js', 'dist/cjs/index.d.ts']) {
      expect(names).toContain(name);
    }
    expect(names).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package-root.cjs', 'dist/esm/cli/main.js']));
    expect(names.some((name) => /^prebuilds\/[^/]+\/vectral\.node$/.test(name))).toBe(true);
  });

  test('holds no model, no source and nothing that builds', () => {
    const wrong =
      /safetensors$|binding\.gyp|CMakeLists|^native\/|^src\/|^test\/|^models\/|^scripts\/|tokenizer\.json|\.cc$/;
    expect(packed.files.map((file) => file.path).filter((name) => wrong.test(name))).toEqual([]);
  });

  test('runs no script at install and has one dependency', () => {
    const manifest = JSON.parse(readFileSync(installed('vectral', 'package.json'), 'utf8'));
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
    expect(manifest.gypfile).toBe(false);
    expect(Object.keys(manifest.dependencies)).toEqual(['@huggingface/tokenizers']);
    expect(manifest.optionalDependencies).toBeUndefined();
  });

  test('names no machine and no registry', () => {
    const lock = readFileSync(path.join(repository, 'package-lock.json'), 'utf8');
    expect(lock).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  });
});

describe('installed without scripts', () => {
  test('takes at most 10 MB with its dependency', () => {
    expect(folderSize(installed()) / megabyte).toBeLessThanOrEqual(10);
  });

  test('works through import', () => {
    const script = consumer.write(
      'esm.mjs',
      `import * as vectral from 'vectral';\n${embedTwo}\nawait main(vectral);\n`,
    );
    expect(consumer.run([script]).trim()).toBe('384 0.7');
  });

  test('works through require', () => {
    const script = consumer.write('cjs.cjs', `${embedTwo}\nmain(require('vectral'));\n`);
    expect(consumer.run([script]).trim()).toBe('384 0.7');
  });

  test('has types for both', () => {
    const use = "const load: Promise<SentenceTransformer> = SentenceTransformer.load('x');\nvoid load;\n";
    const esm = consumer.write('types.mts', `import { SentenceTransformer } from 'vectral';\n${use}`);
    const cjs = consumer.write(
      'types.cts',
      `import vectral = require('vectral');\nimport SentenceTransformer = vectral.SentenceTransformer;\n${use}`,
    );
    const require = createRequire(import.meta.url);
    const types = path.dirname(path.dirname(require.resolve('@types/node/package.json')));
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2023,esnext.disposable',
    ];
    const args = [require.resolve('typescript/bin/tsc'), ...options, '--typeRoots', types, '--types', 'node', esm, cjs];
    expect(consumer.run(args)).toBe('');
  });

  test('has the command', () => {
    const command = installed('.bin', process.platform === 'win32' ? 'vectral.cmd' : 'vectral');
    const version = execFileSync(command, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
    expect(version).toContain(JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')).version);
  });
});

describe('the addon', () => {
  const load = `import 'vectral';\nconsole.log('loaded');\n`;

  function failure(env: Record<string, string>): string {
    try {
      consumer.run([consumer.write('load.mjs', load)], env);
    } catch (error) {
      return String((error as { stderr?: string }).stderr);
    }
    throw new Error('the addon was loaded');
  }

  test('is taken from VECTRAL_ADDON, and a missing one is an error', () => {
    const missing = path.join(consumer.folder, 'missing.node');
    expect(failure({ VECTRAL_ADDON: missing })).toContain(`VECTRAL_ADDON names '${missing}'`);
  });

  test('that is no addon is an error that names it', () => {
    expect(failure({ VECTRAL_ADDON: consumer.write('text.node', 'not an addon') })).toContain(
      'text.node cannot be loaded',
    );
  });

  test('that fits no platform is an error that says how to build, and VECTRAL_ADDON mends it', () => {
    const prebuilds = installed('vectral', 'prebuilds');
    const [platform] = readdirSync(prebuilds);
    const elsewhere = path.join(consumer.folder, 'elsewhere.node');
    copyFileSync(path.join(prebuilds, String(platform), 'vectral.node'), elsewhere);
    renameSync(prebuilds, `${prebuilds}-away`);
    try {
      const message = failure({});
      expect(message).toContain(`vectral has no compiled addon for ${process.platform}-${process.arch}`);
      expect(message).toContain("'npm ci'");
      expect(consumer.run([consumer.write('load.mjs', load)], { VECTRAL_ADDON: elsewhere }).trim()).toBe('loaded');
    } finally {
      renameSync(`${prebuilds}-away`, prebuilds);
    }
    expect(existsSync(prebuilds)).toBe(true);
  });
});
