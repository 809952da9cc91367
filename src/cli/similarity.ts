/** `vectral similarity`: the vectors of a few texts, and how alike each pair is. */
import { UsageError } from '../errors.js';
import { shortest } from '../shortest.js';
import { type Command, oneOf } from './command.js';
import { encodeOptions, loadModel, readEncodeOptions } from './model-options.js';
import { openSink } from './output.js';
import { inputOptions, readTexts } from './texts.js';
import { createTruncation } from './truncation.js';

/** Components shown of each vector in plain text, and characters of each text. */
const shownComponents = 6;
const shownCharacters = 60;

export const similarity: Command = {
  name: 'similarity',
  usage: 'vectral similarity [options] [--] <text> <text> [text ...]',
  description: "Prints the vector of each text and the matrix of their similarities, by the model's own measure.",
  options: {
    ...inputOptions,
    format: { value: 'FORMAT', help: 'text, json (whole vectors) (text)' },
    ...encodeOptions,
  },
  async run(args) {
    const format = oneOf(args, 'format', ['text', 'json'] as const, 'text');
    const options = readEncodeOptions(args);
    const texts: string[] = [];
    for await (const text of await readTexts(args)) texts.push(text);
    if (texts.length < 2) {
      throw new UsageError(`similarity needs two or more texts, got ${texts.length}; put each in quotes`);
    }
    await using model = await loadModel(args);
    const embeddings = await model.encode(texts, options);
    const matrix = model.similarity(embeddings, embeddings);
    const vectors = embeddings.rows();
    const sink = await openSink(undefined);
    const measure = model.similarityFnName;
    await sink.write(
      format === 'json' ? asJson(texts, vectors, measure, matrix) : asText(texts, vectors, measure, matrix),
    );
    const truncated = createTruncation(model.maxSeqLength);
    truncated.add(embeddings.truncated.indices, 0);
    truncated.report();
  },
};

function asJson(texts: string[], vectors: Float32Array[], measure: string, matrix: number[][]): string {
  const list = (row: ArrayLike<number>) => `[${Array.from(row, shortest).join(',')}]`;
  return `{
  "texts": ${JSON.stringify(texts)},
  "embeddings": [
    ${vectors.map(list).join(',\n    ')}
  ],
  "similarity_function": ${JSON.stringify(measure)},
  "similarity": [
    ${matrix.map(list).join(',\n    ')}
  ]
}
`;
}

function asText(texts: string[], vectors: Float32Array[], measure: string, matrix: number[][]): string {
  const width = Math.max(9, `[${texts.length}]`.length + 2);
  const label = (i: number) => `[${i + 1}]`.padEnd(width);
  const lines = texts.flatMap((text, i) => [
    label(i) + oneLine(text),
    ' '.repeat(width) + firstComponents(vectors[i]!),
  ]);
  lines.push(
    '',
    `${measure} similarity`,
    ' '.repeat(width) + texts.map((_, j) => `[${j + 1}]`.padStart(width)).join(''),
  );
  for (const [i, row] of matrix.entries()) {
    lines.push(label(i) + row.map((value) => value.toFixed(4).padStart(width)).join(''));
  }
  return `${lines.join('\n')}\n`;
}

function oneLine(text: string): string {
  const characters = [...JSON.stringify(text)];
  return characters.length > shownCharacters
    ? `${characters.slice(0, shownCharacters - 2).join('')}…"`
    : characters.join('');
}

function firstComponents(vector: Float32Array): string {
  const shown = Array.from(vector.subarray(0, shownComponents), (value) => value.toFixed(4)).join(', ');
  return `${vector.length} components: ${shown}${vector.length > shownComponents ? ', …' : ''}`;
}
