// Word vectors beside gensim and fastText (loading, questions, training), and static embeddings beside sentence-transformers and
// model2vec. Each measurement in a process of its own, the sides in turns, medians over rounds.
// usage: node bench/vectors/run.mjs [--gensim PYTHON] [--fasttext PYTHON] [--sentence-transformers PYTHON] [--model2vec PYTHON]
// [--rounds 5] [--only NAME] [--out FILE.json]; each PYTHON has the package of that name
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Tensor, writeSafetensors } from 'vectral';

// The addon's own word for what it runs with.
const { isa, cpus } = createRequire(import.meta.url)('../../build/Release/vectral.node').info();

const { values: options } = parseArgs({
  options: {
    gensim: { type: 'string' },
    fasttext: { type: 'string' },
    'sentence-transformers': { type: 'string' },
    model2vec: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    out: { type: 'string' },
  },
});
const here = path.dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'vectral-bench-vectors-'));

/** [case, unit, threads, whether more is better] */
const allCases = [
  ['load', 's, 40,000 × 100 GloVe text', 2, false],
  ['most-similar', 's a question, of 40,000 × 100', 2, false],
  ['most-similar-batch', 's a question, 300 at once', 2, false],
  ['load-binary', 's, 400,000 × 100', 2, false],
  ['load-binary-memory', '× the matrix, at the peak above what the process had', 2, false],
  ['most-similar-large', 's a question, of 400,000 × 100', 2, false],
  ['most-similar-large-batch', 's a question, 300 at once', 2, false],
  ['train-skip-gram', 'words/s', 1, true],
  ['train-skip-gram', 'words/s', 2, true],
  ['train-cbow', 'words/s', 1, true],
  ['train-cbow', 'words/s', 2, true],
  ['train-fasttext-skip-gram', 'words/s', 1, true],
  ['train-fasttext-skip-gram', 'words/s', 2, true],
  ['train-fasttext-cbow', 'words/s', 1, true],
  ['train-fasttext-cbow', 'words/s', 2, true],
  ['train-fasttext-supervised', 'words/s', 1, true],
  ['train-fasttext-supervised', 'words/s', 2, true],
  ['encode-static', 'tokens/s, text to vectors', 1, true],
  ['encode-static', 'tokens/s, text to vectors', 2, true],
];
const cases = allCases.filter(([name]) => name.startsWith(options.only));

// A generator with a seed, so that every run has the same files.
let state = 1;
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

/** 40,000 words with numbers as GloVe writes them. */
function writeVectors() {
  const file = path.join(folder, 'vectors.txt');
  const rows = Array.from({ length: 40_000 }, (_, i) => {
    return `word${i} ${Array.from({ length: 100 }, () => (random() * 2 - 1).toFixed(5)).join(' ')}\n`;
  });
  writeFileSync(file, rows.join(''));
  return file;
}

/** 400,000 words in word2vec's binary form. */
function writeLarge() {
  const file = path.join(folder, 'large.bin');
  const output = openSync(file, 'w');
  writeSync(output, '400000 100\n');
  for (let i = 0; i < 400_000; i++) {
    writeSync(output, `word${i} `);
    writeSync(
      output,
      Float32Array.from({ length: 100 }, () => random() * 2 - 1),
    );
  }
  closeSync(output);
  return file;
}

/** A made-up word of 3 to 10 letters, some letters more often than others. */
function madeUpWord() {
  const letters = 'etaoinshrdlcumwfgypbvk';
  const length = 3 + Math.floor(random() * 8);
  return Array.from({ length }, () => letters[Math.floor(random() * random() * letters.length)]).join('');
}

/** The lines of a corpus, each with one of twenty labels. */
function writeLabelled(corpus) {
  const file = path.join(folder, 'labelled.txt');
  const lines = readFileSync(corpus, 'utf8').trimEnd().split('\n');
  writeFileSync(file, lines.map((line) => `__label__${Math.floor(random() * 20)} ${line}\n`).join(''));
  return file;
}

/** model2vec's form: a row of 256 numbers for each of MiniLM's word pieces. */
async function writeStatic() {
  const made = path.join(folder, 'static');
  mkdirSync(made);
  const tokenizer = path.join(here, '../../models/all-MiniLM-L6-v2/tokenizer.json');
  copyFileSync(tokenizer, path.join(made, 'tokenizer.json'));
  writeFileSync(path.join(made, 'config.json'), '{"model_type": "model2vec", "normalize": true}');
  const shape = [Object.keys(JSON.parse(readFileSync(tokenizer, 'utf8')).model.vocab).length, 256];
  const rows = Float32Array.from({ length: shape[0] * shape[1] }, () => random() * 2 - 1);
  await writeSafetensors(path.join(made, 'model.safetensors'), { embeddings: Tensor.from(rows, { shape }) });
  return made;
}

/** The sentences of the STS Benchmark's test part, twenty times over. */
function writeTexts() {
  const file = path.join(folder, 'texts.txt');
  const rows = readFileSync(path.join(here, '../data/stsb/sts-test.csv'), 'utf8').trimEnd().split('\n');
  const texts = rows.flatMap((row) => row.split('\t').slice(5, 7)).map((text) => `${text.trim()}\n`);
  writeFileSync(file, texts.join('').repeat(20));
  return file;
}

/** 3 M words of a Zipf distribution over 50,000, twenty a line. */
function writeCorpus() {
  const words = Array.from({ length: 50_000 }, madeUpWord);
  const shares = Float64Array.from({ length: 50_000 }, (_, i) => 1 / (i + 1));
  for (let i = 1; i < shares.length; i++) shares[i] += shares[i - 1];
  const draw = () => {
    const sought = random() * shares.at(-1);
    let [low, high] = [0, shares.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shares[middle] < sought) low = middle + 1;
      else high = middle;
    }
    return words[low];
  };
  const file = path.join(folder, 'corpus.txt');
  const lines = Array.from({ length: 150_000 }, () => `${Array.from({ length: 20 }, draw).join(' ')}\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  const vectors = writeVectors();
  const large = writeLarge();
  const corpus = writeCorpus();
  const labelled = writeLabelled(corpus);
  const staticFolder = await writeStatic();
  const texts = writeTexts();
  // Variables that steer BLAS or OpenMP belong to neither side.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPENBLAS|OMP|MKL)_/.test(name)));
  const filesOf = (name) => {
    if (name === 'encode-static') return [staticFolder, texts];
    if (name.startsWith('train')) return [name.endsWith('supervised') ? labelled : corpus];
    return [/large|binary/.test(name) ? large : vectors];
  };
  const run = (program, script, [name, , threads], side = name) => {
    const out = execFileSync(program, [path.join(here, script), side, ...filesOf(name), String(threads)], {
      env: { ...env, VECTRAL_THREADS: String(threads) },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(out.trim());
  };
  const besideStatic = (peer) => (entry) =>
    entry[0] === 'encode-static' ? run(options[peer], 'static_peer.py', entry, peer) : undefined;
  /** A peer's measurement of each case it has. */
  const peers = {
    gensim: ([name, ...rest]) => {
      if (/supervised|static/.test(name)) return undefined; // it has neither
      return run(options.gensim, 'gensim_peer.py', [name.replace('-batch', ''), ...rest]);
    },
    fasttext: (entry) => (/fasttext/.test(entry[0]) ? run(options.fasttext, 'fasttext_peer.py', entry) : undefined),
    'sentence-transformers': besideStatic('sentence-transformers'),
    model2vec: besideStatic('model2vec'),
  };
  const given = Object.keys(peers).filter((peer) => options[peer]);
  const results = cases.map((entry) => ({ entry, ours: [], theirs: given.map(() => []) }));
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const { entry, ours, theirs } of results) {
      ours.push(run(process.execPath, 'vectral.mjs', entry));
      for (const [i, peer] of given.entries()) {
        const measured = peers[peer](entry);
        if (measured !== undefined) theirs[i].push(measured);
      }
    }
  }
  const report = {
    isa,
    cpus: Math.min(cpus, availableParallelism()),
    rounds: Number(options.rounds),
    rows: results.map(({ entry: [name, unit, threads, more], ours, theirs }) => {
      const beside = given.flatMap((peer, i) => {
        if (theirs[i].length === 0) return [];
        const ratios = ours.map((x, round) => (more ? x / theirs[i][round] : theirs[i][round] / x));
        return [[peer, { median: median(theirs[i]), ratio: median(ratios) }]];
      });
      return { name, unit, threads, vectral: median(ours), ...Object.fromEntries(beside) };
    }),
  };
  console.log(
    `${report.isa}, ${report.cpus} CPUs, medians of ${report.rounds} rounds; × above 1: better than the peer`,
  );
  for (const { name, unit, threads, vectral, ...beside } of report.rows) {
    const against = Object.entries(beside).map(([peer, { median, ratio }]) => {
      return `${peer} ${median.toPrecision(3)}  ${ratio.toFixed(2)} ×  `;
    });
    const ours = `vectral ${vectral.toPrecision(3)}`;
    console.log(`${name.padEnd(24)} ${threads} threads  ${ours.padEnd(18)} ${against.join('')}${unit}`);
  }
  if (options.out) writeFileSync(options.out, `${JSON.stringify(report, null, 1)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
