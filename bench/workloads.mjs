/** The texts every engine gets: STS-B test sentences, whole or cut to exact token counts. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
import { textsOfLengths } from '../dist/esm/measure/workload.js';

const here = path.dirname(fileURLToPath(import.meta.url));

/** The pairs of the STS-B test split: `{ a, b, score }`. */
export function stsPairs() {
  const lines = fs.readFileSync(path.join(here, 'data/stsb/sts-test.csv'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const columns = line.split('\t');
    return { a: columns[5], b: columns[6], score: Number(columns[4]) };
  });
}

/** Every STS-B test sentence once, in file order. */
export function stsSentences() {
  return [...new Set(stsPairs().flatMap((pair) => [pair.a, pair.b]))];
}

/**
 * Texts of exactly the wanted lengths, special tokens included, as `{ text, ids }`.
 * @param modelDir folder with tokenizer.json and tokenizer_config.json
 */
export function makeTexts(modelDir, lengths, seed) {
  const read = (name) => JSON.parse(fs.readFileSync(path.join(modelDir, name), 'utf8'));
  const tokenizer = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
  const words = stsSentences().join(' ').split(/\s+/);
  return textsOfLengths((text) => tokenizer.encode(text).ids, words, lengths, seed);
}
