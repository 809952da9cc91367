/**
 * The texts every engine gets. They are cut from the STS-B test sentences to exact token counts, so that "32 tokens"
 * means 32 rows in every engine; the tokenizer splits at white space first, so the counts of single words add up.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
import { normal, seededRandom } from './statistics.mjs';

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
 * Texts of exactly the wanted lengths, special tokens included.
 * @param modelDir folder with tokenizer.json and tokenizer_config.json
 */
export function makeTexts(modelDir, lengths, seed) {
  const read = (name) => JSON.parse(fs.readFileSync(path.join(modelDir, name), 'utf8'));
  const tokenizer = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
  const specials = tokenizer.encode('').ids.length;
  const words = stsSentences().join(' ').split(/\s+/);
  const sizes = new Map();
  const size = (word) => {
    if (!sizes.has(word)) sizes.set(word, tokenizer.encode(word).ids.length - specials);
    return sizes.get(word);
  };
  const random = seededRandom(seed);
  return lengths.map((length) => {
    for (;;) {
      const begin = Math.floor(random() * (words.length - length));
      let [end, total] = [begin, specials];
      while (total < length) total += size(words[end++]);
      if (total !== length) continue; // the last word has too many pieces; start elsewhere
      const text = words.slice(begin, end).join(' ');
      const ids = tokenizer.encode(text).ids;
      if (ids.length === length) return { text, ids };
    }
  });
}

/** `count` lengths of a log-normal distribution with this median, cut to `min`…`max`. */
export function logNormalLengths({ count, median, sigma, min, max, seed }) {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const length = Math.round(median * Math.exp(sigma * normal(random)));
    return Math.min(max, Math.max(min, length));
  });
}
