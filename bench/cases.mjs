/**
 * What is measured: one row a case. `kind` says how (host.mjs); `unit` and `better` say how to read the number.
 * A new case is a new row here.
 */
import { logNormalLengths, makeTexts } from './workloads.mjs';

const SEED = 20;
const MIXED = { count: 256, median: 20, sigma: 0.6, min: 4, max: 128, seed: SEED };

/** Engine names are rows of engines.mjs; every case runs on every engine that can. */
export const cases = [
  { name: 'ids-8', kind: 'ids', tokens: 8, title: '8 tokens, ids → vector', unit: 'ms', better: 'lower' },
  { name: 'ids-32', kind: 'ids', tokens: 32, title: '32 tokens, ids → vector', unit: 'ms', better: 'lower' },
  { name: 'ids-128', kind: 'ids', tokens: 128, title: '128 tokens, ids → vector', unit: 'ms', better: 'lower' },
  { name: 'text-8', kind: 'text', tokens: 8, title: '8 tokens, text → vector', unit: 'ms', better: 'lower' },
  { name: 'text-32', kind: 'text', tokens: 32, title: '32 tokens, text → vector', unit: 'ms', better: 'lower' },
  { name: 'text-128', kind: 'text', tokens: 128, title: '128 tokens, text → vector', unit: 'ms', better: 'lower' },
  {
    name: 'mixed-256',
    kind: 'batch',
    lengths: MIXED,
    title: '256 mixed sentences',
    unit: 'sentences/s',
    better: 'higher',
  },
  { name: 'cold', kind: 'cold', title: 'cold start: spawn → first vector', unit: 'ms', better: 'lower' },
  { name: 'rss-one', kind: 'rss-one', title: 'peak RSS after one sentence', unit: 'MB', better: 'lower' },
  {
    name: 'rss-mixed',
    kind: 'rss-mixed',
    lengths: MIXED,
    title: 'peak RSS after the 256 mixed sentences',
    unit: 'MB',
    better: 'lower',
  },
];

/** Attaches the texts and ids to the cases that need them. */
export function withTexts(list, modelDir) {
  return list.map((row) => {
    if (row.tokens) return { ...row, ...makeTexts(modelDir, [row.tokens], SEED + row.tokens)[0] };
    if (!row.lengths) return row;
    const lengths = logNormalLengths(row.lengths);
    const texts = makeTexts(modelDir, lengths, SEED).map(({ text }) => text);
    return { ...row, texts, tokenTotal: lengths.reduce((a, b) => a + b, 0) };
  });
}
