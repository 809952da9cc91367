// vectral's side of run.mjs: measures one case in this process and prints a number. usage: vectral.mjs CASE FILE [TEXTS] THREADS
import { readFileSync } from 'node:fs';
import { FastText, KeyedVectors, SentenceTransformer, Word2Vec } from 'vectral';

const [name, file, ...more] = process.argv.slice(2);
const threads = more.pop();

async function seconds(work) {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

/** Words a second of a classifier with pairs of words: what epochs take that are more than one. */
async function supervised(epochs) {
  const options = { dim: 100, wordNgrams: 2, bucket: 200_000, threads: Number(threads) };
  const once = await seconds(() => FastText.trainSupervised({ files: file }, { ...options, epoch: 1 }));
  const more = await seconds(() => FastText.trainSupervised({ files: file }, { ...options, epoch: 1 + epochs }));
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return (epochs * lines.reduce((sum, line) => sum + line.split(' ').length + 1, 0)) / (more - once);
}

/** Tokens a second of texts to vectors. */
async function encodeStatic() {
  const texts = readFileSync(more[0], 'utf8').trimEnd().split('\n');
  const model = await SentenceTransformer.load(file, { threads: Number(threads) });
  const tokens = model.tokenizer
    .encodeBatch(texts, { addSpecialTokens: false })
    .reduce((sum, { ids }) => sum + ids.length, 0);
  await model.encode(texts.slice(0, 1000));
  return tokens / (await seconds(() => model.encode(texts)));
}

async function measure() {
  if (name === 'encode-static') return encodeStatic();
  if (name.endsWith('supervised')) return supervised(5);
  if (name.startsWith('train')) {
    let rate = 0;
    const onProgress = ({ wordsPerSecond }) => {
      rate = wordsPerSecond;
    };
    const controls = { threads: Number(threads), onProgress };
    const skipGram = name.endsWith('skip-gram');
    if (name.includes('fasttext')) {
      await FastText.train({ files: file }, { model: skipGram ? 'skipgram' : 'cbow', t: 1e-3, epoch: 1, ...controls });
    } else {
      await Word2Vec.train({ files: file }, { sg: skipGram, sample: 1e-3, epochs: 1, ...controls });
    }
    return rate;
  }
  if (name.endsWith('memory')) {
    const before = process.memoryUsage.rss();
    const { size, dim } = await KeyedVectors.load(file);
    return (process.resourceUsage().maxRSS * 1024 - before) / (size * dim * 4);
  }
  if (name.startsWith('load')) return seconds(() => KeyedVectors.load(file));
  const vectors = await KeyedVectors.load(file);
  const words = vectors.words(100, 400);
  vectors.mostSimilar({ positive: words[0] });
  if (!name.endsWith('batch')) {
    return (await seconds(() => words.forEach((word) => void vectors.mostSimilar({ positive: word })))) / words.length;
  }
  const queries = words.map((word) => vectors.vector(word));
  await vectors.nearest(queries);
  return (await seconds(() => vectors.nearest(queries))) / words.length;
}

console.log(await measure());
