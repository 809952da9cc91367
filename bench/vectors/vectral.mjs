// vectral's side of run.mjs: measures one case in this process and prints a number. usage: vectral.mjs CASE FILE THREADS
import { KeyedVectors, Word2Vec } from 'vectral';

const [name, file, threads] = process.argv.slice(2);

async function seconds(work) {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

async function measure() {
  if (name.startsWith('train')) {
    let rate = 0;
    await Word2Vec.train(
      { files: file },
      {
        vectorSize: 100,
        window: 5,
        negative: 5,
        sg: name === 'train-skip-gram',
        minCount: 5,
        epochs: 1,
        threads: Number(threads),
        onProgress: ({ wordsPerSecond }) => {
          rate = wordsPerSecond;
        },
      },
    );
    return rate;
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
