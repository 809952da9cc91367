/** `vectral inspect`: what a model is made of, and how it runs on this machine. */
import { UsageError } from '../errors.js';
import type { ModelDescription } from '../pipeline/sentence/describe.js';
import { type Command, oneOf } from './command.js';
import { loadModel, modelOptions } from './model-options.js';
import { openSink } from './output.js';

export const inspect: Command = {
  name: 'inspect',
  usage: 'vectral inspect [options] [model]',
  description: 'Prints architecture, tensors, tokenizer, pooling, prompts, memory, instruction set and kernels.',
  options: {
    ...modelOptions,
    format: { value: 'FORMAT', help: 'text, json (text)' },
  },
  async run(args) {
    const format = oneOf(args, 'format', ['text', 'json'] as const, 'text');
    const [folder, ...more] = args.positionals;
    if (more.length > 0 || (folder !== undefined && args.options.has('model'))) {
      throw new UsageError('inspect looks at one model; give one folder or id');
    }
    await using model = await loadModel(args, folder ?? args.options.get('model'));
    // The longest text once, so that the working memory is known; where there is no end, a long one.
    await model.encode('a '.repeat(Number.isFinite(model.maxSeqLength) ? model.maxSeqLength : longText));
    const description = model.describe();
    const sink = await openSink(undefined);
    await sink.write(format === 'json' ? `${JSON.stringify(description, null, 2)}\n` : asText(description));
  },
};

const longText = 4096;

function asText(model: ModelDescription): string {
  const { tokenizer, pooling, memory, native } = model;
  const prompts = Object.entries(model.prompts).map(([name, prompt]) => `${name}: ${JSON.stringify(prompt)}`);
  const facts: [string, string][] = [
    ['folder', model.folder],
    ['architecture', `${model.architecture} (${model.modelType}), ${count(model.parameters)} parameters`],
    ['modules', model.modules.join(', ')],
    ['dimension', String(model.dimension)],
    ['tokenizer', `${tokenizer.kind}, ${count(tokenizer.vocabSize)} tokens`],
    [
      'longest text',
      Number.isFinite(model.maxSeqLength)
        ? `${model.maxSeqLength} tokens; what is longer is cut and reported`
        : 'any; none is cut',
    ],
    ['pooling', `${pooling.modes.join(' + ')}${pooling.includePrompt ? '' : ', without the prompt'}`],
    ['prompts', prompts.length === 0 ? 'none' : prompts.join('; ')],
    ['default prompt', model.defaultPromptName ?? 'none'],
    ['similarity', model.similarityFnName],
    [
      'memory',
      `weights mapped ${bytes(memory.mapped)}, packed ${bytes(memory.packed)}${memory.cached > 0 ? ' (from the cache)' : ''}; working ${bytes(memory.arena)}`,
    ],
    ['instruction set', `${native.isa} (this machine runs ${native.runnable.join(', ')})`],
    ['threads', `${native.threads} of ${native.cpus} CPUs`],
  ];
  const sections = [
    table(facts),
    `kernels\n${table(Object.entries(native.kernels).map(([kernel, isa]) => [`  ${kernel}`, isa]))}`,
    `${model.tensors.length} tensors\n${table(
      model.tensors.map(({ name, dtype, shape }) => [`  ${name}`, `${dtype.padEnd(5)}[${shape.join(', ')}]`]),
    )}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => name.padEnd(width) + value).join('\n');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function bytes(value: number): string {
  return `${(value / 1e6).toFixed(1)} MB`;
}
