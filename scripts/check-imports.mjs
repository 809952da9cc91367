// Checks that imports point down only: the layers of src/ and of native/ each with what it may use.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

// Each folder of src/ (or file directly in it) → the folders it may import. The open ones may be used anywhere.
const open = ['errors', 'json', 'json-file', 'options', 'suggest', 'shortest', 'package-root'];
const engine = ['native', 'tensor', 'program', 'ops'];
const library = [...engine, 'weights', 'tokenizers', 'hub', 'vectors', 'nn', 'models', 'pipeline'];
const sourceLayers = {
  errors: [],
  options: [],
  suggest: [],
  shortest: [],
  json: [],
  'json-file': [],
  measure: [],
  native: ['native-vectors'],
  'native-vectors': ['native'],
  tensor: ['native', 'program'],
  program: ['native', 'tensor'],
  ops: ['native', 'tensor', 'program'],
  weights: engine,
  tokenizers: ['native'],
  hub: [],
  vectors: [...engine, 'weights', 'tokenizers', 'hub'],
  nn: [...engine, 'weights'],
  models: [...engine, 'weights', 'nn'],
  pipeline: [...engine, 'weights', 'tokenizers', 'hub', 'nn', 'models'],
  index: library,
  cli: [...library, 'index', 'measure', 'server', 'explorer'],
  server: [...library, 'index'],
  explorer: [...library, 'index'],
};
// A model its paper defines as a change to another may import that one. Besides, models import what every family stands on
// (models/family) and the parts of their own: `deberta-v2` those whose names begin so.
const baseModels = ['bert', 'bert-layers'];
const stem = (file) => path.posix.basename(file).split(/[-.]/)[0];

const nativeLayers = {
  core: [],
  kernels: ['core', 'dispatch/kernels.h'],
  isa: ['core', 'dispatch', 'kernels'],
  dispatch: ['core'],
  program: ['core', 'dispatch'],
  vectors: ['core', 'dispatch'],
  napi: ['core', 'dispatch', 'program', 'vectors'],
  addon: ['napi'],
  test: ['core', 'dispatch', 'isa', 'kernels', 'program', 'vectors'],
};
// Kernels are compiled inside an instruction set's region: an inline library function there could replace the baseline's.
const kernelHeaders = ['cassert', 'cfloat', 'climits', 'cstddef', 'cstdint', 'cstring'];
const nodeHeaders = /^(napi|node|node_api|js_native_api|uv|v8)\.h$/;

const problems = [];

function filesBelow(folder, pattern) {
  return readdirSync(path.join(root, folder), { recursive: true })
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')))
    .filter((file) => pattern.test(file));
}

/** `src/ops/linear.ts` → `ops`; `src/native.ts` → `native`. */
function layerOf(file, top) {
  const first = path.posix.relative(top, file).split('/')[0];
  return first.replace(/\.(ts|js|cc|h)$/, '');
}

function checkSource(file) {
  const layer = layerOf(file, 'src');
  const allowed = sourceLayers[layer];
  if (!allowed) return problems.push(`${file}: the layer '${layer}' is not in scripts/check-imports.mjs`);
  const text = readFileSync(path.join(root, file), 'utf8');
  if (text.includes('import.meta')) problems.push(`${file}: uses import.meta, which the CommonJS build has not`);
  for (const [, target] of text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)) {
    const resolved = path.posix.join(path.posix.dirname(file), target);
    const to = resolved === 'package-root.cjs' ? 'package-root' : layerOf(resolved, 'src');
    const name = path.posix.basename(resolved, '.js');
    const ofModels = layer === 'models' && to === 'models' && path.posix.basename(file) !== 'index.ts';
    const sibling = ofModels && path.posix.dirname(resolved) === 'src/models' && stem(resolved) !== stem(file);
    if (sibling && !baseModels.includes(name)) problems.push(`${file}: a model may not import the model '${name}'`);
    if (to !== layer && !allowed.includes(to) && !open.includes(to)) {
      problems.push(`${file}: ${layer} may not import ${to} (${target})`);
    }
  }
}

function checkNative(file) {
  const layer = layerOf(file, 'native');
  const allowed = nativeLayers[layer];
  if (!allowed) return problems.push(`${file}: the layer '${layer}' is not in scripts/check-imports.mjs`);
  for (const [, quote, target] of readFileSync(path.join(root, file), 'utf8').matchAll(
    /^\s*#include\s+([<"])([^>"]+)/gm,
  )) {
    if (quote === '<') {
      if (nodeHeaders.test(target) && !['napi', 'addon'].includes(layer))
        problems.push(`${file}: only napi/ may include <${target}>`);
      if (target === 'iostream') problems.push(`${file}: includes <iostream>`);
      if (layer === 'kernels' && !kernelHeaders.includes(target))
        problems.push(`${file}: a kernel may not include <${target}>`);
      continue;
    }
    const resolved = path.posix.join(path.posix.dirname(file), target);
    const to = layerOf(resolved, 'native');
    const exact = path.posix.relative('native', resolved);
    if (to !== layer && !allowed.includes(to) && !allowed.includes(exact)) {
      problems.push(`${file}: ${layer} may not include ${exact}`);
    }
  }
}

for (const file of filesBelow('src', /\.ts$/)) checkSource(file);
for (const file of filesBelow('native', /\.(cc|h)$/)) checkNative(file);
for (const problem of problems) console.error(problem);
console.log(`check-imports: ${problems.length === 0 ? 'every import points down' : `${problems.length} problems`}`);
process.exit(problems.length === 0 ? 0 : 1);
