/** `vectral rerank`: documents by their score with a query. */

import { UsageError } from '../errors.js';
import { mostThreads } from '../options.js';
import type { CrossEncoder, RankedDocument } from '../pipeline/cross-encoder/cross-encoder.js';
import { shortest } from '../shortest.js';
import { type Arguments, type Command, oneOf, wholeNumber } from './command.js';
import { downloadLine } from './download-line.js';
import { dtypeOf, modelOptions } from './model-options.js';
import { openSink } from './output.js';
import { inputOptions, readTexts } from './texts.js';
import { createTruncation } from './truncation.js';

const defaultModel = 'cross-encoder/ms-marco-MiniLM-L6-v2';

export const rerank: Command = {
  name: 'rerank',
  usage: 'vectral rerank [options] [--] <query> [document ...]',
  description: `Scores each document with the query by a cross-encoder and writes them best first. Documents are the arguments
after the query, or the lines of a file or of standard input. Formats: text, json (a list), jsonl (an object a line);
"corpus_id" is the place of a document among those given, from 0.`,
  options: {
    ...inputOptions,
    format: { value: 'FORMAT', help: 'text, json, jsonl (text)' },
    'top-k': { value: 'N', help: 'write only the N best' },
    ...modelOptions,
    model: { value: 'MODEL', short: 'm', help: `folder or id of the cross-encoder (${defaultModel})` },
    'max-length': { value: 'N', help: 'longest query and document together, in tokens' },
    'batch-tokens': { value: 'N', help: 'most tokens in one native job; does not change results' },
  },
  async run(args) {
    const format = oneOf(args, 'format', ['text', 'json', 'jsonl'] as const, 'text');
    const [query, ...positionals] = args.positionals;
    if (query === undefined) throw new UsageError('rerank needs a query: vectral rerank <query> [document ...]');
    const topK = wholeNumber(args, 'top-k');
    const batchTokens = wholeNumber(args, 'batch-tokens');
    const documents: string[] = [];
    for await (const text of await readTexts({ ...args, positionals })) documents.push(text);
    await using model = await load(args);
    const ranked = await model.rank(query, documents, { batchTokens, returnDocuments: true });
    const sink = await openSink(undefined);
    await sink.write(write[format](ranked.slice(0, topK)));
    const truncated = createTruncation(model.maxSeqLength);
    const cut = ranked.flatMap((result) => (result.truncated ? [result.corpusId] : []));
    truncated.add(
      cut.sort((a, b) => a - b),
      0,
    );
    truncated.report();
  },
};

async function load(args: Arguments): Promise<CrossEncoder> {
  const { CrossEncoder } = await import('../pipeline/cross-encoder/cross-encoder.js');
  const line = downloadLine();
  return CrossEncoder.load(args.options.get('model') ?? defaultModel, {
    onDownload: line.draw,
    threads: wholeNumber(args, 'threads', mostThreads),
    dtype: dtypeOf(args),
    cache: !args.options.has('no-cache'),
    maxLength: wholeNumber(args, 'max-length'),
  }).finally(line.end);
}

const asObject = ({ corpusId, score, text }: RankedDocument) =>
  `{"corpus_id":${corpusId},"score":${shortest(score)},"text":${JSON.stringify(text)}}`;

const write = {
  text: (ranked: readonly RankedDocument[]) =>
    ranked
      .map(({ score, corpusId, text = '' }) => `${score.toFixed(4).padStart(9)}  [${corpusId}] ${oneLine(text)}\n`)
      .join(''),
  json: (ranked: readonly RankedDocument[]) => `[\n  ${ranked.map(asObject).join(',\n  ')}\n]\n`,
  jsonl: (ranked: readonly RankedDocument[]) => ranked.map((result) => `${asObject(result)}\n`).join(''),
};

/** Whole, as a terminal can show it. */
const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
