// Builds the addon into build/Release/vectral.node with node-gyp. Needs a C++ compiler and Python 3, and no download:
// Node-API is the same for every Node, so the headers may come from this Node or from a development dependency.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

function hasHeaders(dir) {
  return ['node_api.h', 'common.gypi'].every((name) => existsSync(path.join(dir, 'include', 'node', name)));
}

/** A folder shaped as node-gyp wants it, made from the node-api-headers package. */
function generatedHeaders() {
  const dir = path.join(root, 'build-headers');
  const include = path.join(dir, 'include', 'node');
  mkdirSync(include, { recursive: true });
  const { include_dir: source } = require('node-api-headers');
  for (const name of readdirSync(source)) copyFileSync(path.join(source, name), path.join(include, name));
  const configurations = "{'default_configuration': 'Release', 'configurations': {'Release': {}, 'Debug': {}}}";
  writeFileSync(path.join(include, 'common.gypi'), `{'target_defaults': ${configurations}}\n`);
  return dir;
}

function headersDir() {
  const given = process.env.npm_config_nodedir;
  if (given && hasHeaders(given)) return given;
  const beside = path.join(process.execPath, '..', '..');
  if (hasHeaders(beside)) return beside;
  // On Windows the import library is needed too, and only node-gyp's own download has it.
  return process.platform === 'win32' ? undefined : generatedHeaders();
}

const nodedir = headersDir();
const gyp = require.resolve('node-gyp/bin/node-gyp.js');
const configured = existsSync(path.join(root, 'build', 'Makefile'));
const commands = configured && process.argv[2] !== '--rebuild' ? ['configure', 'build'] : ['rebuild'];
for (const command of commands) {
  const args = [gyp, command, '--release', '--jobs', String(os.availableParallelism()), '--loglevel', 'warn'];
  if (nodedir) args.push('--nodedir', nodedir);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
