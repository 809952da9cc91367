/**
 * What is measured: one row a case. `kind` says how (host.mjs), `group` which table it stands in, `head` its column
 * there (`brief: false`: not in the narrow tables of a page); `unit` and `better` say how to read the number. A new case is
 * a new row here.
 */
import { logNormalLengths, mixedSentences } from '../dist/esm/measure/workload.js';
import { makeTexts, stsSentences } from './workloads.mjs';

const SEED = 20;
const ms = { unit: 'ms', better: 'lower' };

const latency = (kind, group, title) => (tokens) => ({
  name: `${kind}-${tokens}`,
  kind,
  group,
  tokens,
  head: `${tokens}`,
  title: `${tokens} tokens, ${title}`,
  brief: tokens !== 16,
  ...ms,
});

/** Every case runs on every engine that can. */
export const cases = [
  ...[8, 16, 32, 64, 128, 256].map(latency('ids', 'ids', 'ids → vector')),
  {
    name: 'mixed-256',
    kind: 'batch',
    group: 'ids',
    lengths: mixedSentences,
    head: '256 mixed',
    title: '256 mixed sentences',
    unit: 'sentences/s',
    better: 'higher',
  },
  {
    name: 'stsb-1000',
    kind: 'batch',
    group: 'text',
    sentences: 1000,
    head: 'STS-B 1000',
    title: '1,000 sentences of STS-B',
    unit: 'sentences/s',
    better: 'higher',
  },
  ...[8, 32, 128].map(latency('text', 'text', 'text → vector')),
  ...[8, 32].map((tokens) => ({
    name: `overhead-${tokens}`,
    kind: 'overhead',
    group: 'text',
    tokens,
    head: `beyond the forward, ${tokens}`,
    title: `${tokens} tokens, text → vector less the native forward`,
    unit: 'µs',
    better: 'lower',
  })),
  {
    name: 'loop-mixed',
    kind: 'loop',
    group: 'text',
    lengths: mixedSentences,
    head: 'event loop late',
    title: 'delay of the event loop while it embeds, 99 % point',
    ...ms,
  },
  {
    name: 'cold',
    kind: 'cold',
    group: 'process',
    head: 'cold start',
    title: 'cold start: spawn → first vector',
    ...ms,
  },
  {
    name: 'rss-one',
    kind: 'rss-one',
    group: 'process',
    head: 'peak RSS, one sentence',
    title: 'peak RSS after one sentence',
    unit: 'MB',
    better: 'lower',
  },
  {
    name: 'rss-mixed',
    kind: 'rss-mixed',
    group: 'process',
    lengths: mixedSentences,
    head: 'peak RSS, 256 mixed',
    title: 'peak RSS after the 256 mixed sentences',
    unit: 'MB',
    better: 'lower',
  },
];

/** Attaches the texts and ids to the cases that need them. */
export function withTexts(list, modelDir) {
  return list.map((row) => {
    if (row.tokens) return { ...row, ...makeTexts(modelDir, [row.tokens], SEED + row.tokens)[0] };
    if (row.sentences) return { ...row, texts: stsSentences().slice(0, row.sentences) };
    if (!row.lengths) return row;
    const lengths = logNormalLengths(row.lengths);
    const texts = makeTexts(modelDir, lengths, SEED).map(({ text }) => text);
    return { ...row, texts, tokenTotal: lengths.reduce((a, b) => a + b, 0) };
  });
}
