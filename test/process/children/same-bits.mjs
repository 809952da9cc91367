// Encodes texts alone, together, shuffled, in groups of other sizes and with one and two threads; prints which of the
// ways gave other bits than the first, and the vectors of the first.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [entry, folder, file] = process.argv.slice(2);
const { SentenceTransformer } = await import(pathToFileURL(entry).href);
const texts = JSON.parse(readFileSync(file, 'utf8'));
// A fixed order that is neither this nor the reverse; 37 has no common factor with a power of two.
const shuffled = texts.map((_, i) => (i * 37 + 11) % texts.length);

let first;
const different = [];
function compare(way, rows) {
  first ??= rows;
  const same = rows.every((row, i) => Buffer.from(row.buffer, row.byteOffset, row.byteLength).equals(first[i].bits));
  if (!same) different.push(way);
}
const bitsOf = (row) => ({ row, bits: Buffer.from(row.slice().buffer) });

for (const threads of [1, 2]) {
  const model = await SentenceTransformer.load(folder, { threads });
  const alone = [];
  for (const text of texts) alone.push((await model.encode(text)).row(0));
  first ??= alone.map(bitsOf);
  compare(`alone, ${threads} threads`, alone);
  for (const batchTokens of [32, 256, 4096]) {
    const way = `${batchTokens} tokens, ${threads} threads`;
    compare(way, (await model.encode(texts, { batchTokens })).rows());
    const back = [];
    const moved = await model.encode(
      shuffled.map((i) => texts[i]),
      { batchTokens },
    );
    shuffled.forEach((i, at) => {
      back[i] = moved.row(at);
    });
    compare(`shuffled, ${way}`, back);
  }
  compare(
    `at once, ${threads} threads`,
    (await Promise.all(texts.map((text) => model.encode(text)))).map((e) => e.row(0)),
  );
  await model.dispose();
}
process.stdout.write(JSON.stringify({ different, vectors: first.map(({ row }) => [...row]) }));
