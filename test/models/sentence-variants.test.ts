/**
 * Folders that differ from a fixture in a few fields, files or modules, against sentence-transformers
 * (test/fixtures/modules/make_variants.py). Tolerance 1e-5 absolute and relative, as for its other folders.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SentenceTransformer } from 'vectral';
import { afterAll, describe, expect, it } from 'vitest';
import { readJson, readTensors, testPath, worstExcess } from '../reference/expected.js';

interface Call {
  call: 'encode' | 'encode_query' | 'encode_document';
  task?: string;
  prompt?: string;
  prompt_name?: string;
  truncate_dim?: number;
  normalize_embeddings?: boolean;
}

interface Variant {
  name: string;
  base: string;
  copies: Record<string, string>;
  files: Record<string, object | null>;
  calls: Call[];
}

const fixtures = testPath('fixtures');
const { texts, variants } = readJson<{ texts: string[]; variants: Variant[] }>(
  join(fixtures, 'modules', 'variants.json'),
);
const expected = readTensors(join(fixtures, 'modules', 'variants.safetensors'));
const scratch = mkdtempSync(join(tmpdir(), 'vectral-variants-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function make({ base, copies, files }: Variant): string {
  const folder = mkdtempSync(join(scratch, 'model-'));
  cpSync(join(fixtures, base), folder, { recursive: true });
  for (const [path, source] of Object.entries(copies)) {
    cpSync(join(fixtures, source), join(folder, path), { recursive: true });
  }
  for (const [path, change] of Object.entries(files)) {
    const file = join(folder, path);
    if (change === null) {
      rmSync(file);
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    const merged = { ...(existsSync(file) ? readJson<object>(file) : {}), ...change };
    const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
    writeFileSync(file, JSON.stringify(Array.isArray(change) ? change : kept));
  }
  return folder;
}

describe.each(variants)('$name', async (variant) => {
  const model = await SentenceTransformer.load(make(variant));
  afterAll(() => model.dispose());

  it.each(variant.calls.map((call, i) => [JSON.stringify(call), call, i] as const))('%s', async (_, call, i) => {
    const method = ({ encode: 'encode', encode_query: 'encodeQuery', encode_document: 'encodeDocument' } as const)[
      call.call
    ];
    const got = await model[method](texts, {
      task: call.task,
      prompt: call.prompt,
      promptName: call.prompt_name,
      truncateDim: call.truncate_dim,
      normalizeEmbeddings: call.normalize_embeddings,
    });
    const want = expected.get(`${variant.name}.${i}`)!;
    expect(got.shape).toEqual(want.shape);
    expect(worstExcess(got.data, want.data, 1e-5, 1e-5)).toBeLessThanOrEqual(0);
  });
});
