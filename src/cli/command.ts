/** What a command is, and how its arguments are read: strictly, every mistake named with its mend. */
import { parseArgs } from 'node:util';
import { UsageError } from '../errors.js';
import { closest } from '../suggest.js';

export interface Option {
  /** What stands for the value in the help text; none: the option is a switch. */
  readonly value?: string;
  readonly short?: string;
  readonly help: string;
}

export interface Arguments {
  readonly positionals: readonly string[];
  /** Options given, by name. A switch has the value ''. */
  readonly options: ReadonlyMap<string, string>;
}

export interface Command {
  readonly name: string;
  /** Lines after "Usage: ". */
  readonly usage: string;
  readonly description: string;
  readonly options: Readonly<Record<string, Option>>;
  run(args: Arguments): Promise<void>;
}

/** @throws {UsageError} An option is unknown, has no value, or has one it cannot have. */
export function parseCommand(command: Command, args: readonly string[]): Arguments | 'help' {
  const known: Readonly<Record<string, Option>> = { ...command.options, help: { short: 'h', help: '' } };
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(known).map(([name, { value, short }]) => [
        name,
        { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short && { short }) },
      ]),
    ),
  });
  const options = new Map<string, string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (option === undefined) throw unknownOption(command, token.rawName, token.name, Object.keys(known));
    if (option.value === undefined && token.value !== undefined) {
      throw new UsageError(`--${token.name} takes no value, got "${token.value}"`);
    }
    if (
      option.value !== undefined &&
      (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))
    ) {
      throw new UsageError(`--${token.name} needs a value: --${token.name} ${option.value}`);
    }
    if (options.has(token.name)) throw new UsageError(`--${token.name} is given twice`);
    options.set(token.name, token.value ?? '');
  }
  return options.has('help') ? 'help' : { positionals, options };
}

function unknownOption(command: Command, raw: string, name: string, known: readonly string[]): UsageError {
  const near = closest(name, known);
  const mend = near === undefined ? `see vectral ${command.name} --help` : `did you mean --${near}?`;
  return new UsageError(
    `no option ${raw} in vectral ${command.name}; ${mend} (a text that begins with a dash goes after --)`,
  );
}

export function commandHelp(command: Command): string {
  const rows = Object.entries({
    ...command.options,
    help: { short: 'h', help: 'this text' },
  } as Command['options']).map(([name, { value, short, help }]) => {
    const left = `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;
    return `  ${left.padEnd(26)} ${help}`;
  });
  return `Usage: ${command.usage}\n\n${command.description}\n\nOptions:\n${rows.join('\n')}\n`;
}

/** A whole number from 1 to `most`, if the option is given. */
export function wholeNumber(args: Arguments, name: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const text = args.options.get(name);
  if (text === undefined) return undefined;
  const value = readWhole(text, most);
  if (value === undefined) throw new UsageError(`--${name} must be a whole number ${range(most)}, got "${text}"`);
  return value;
}

/** Whole numbers from 1 to `most` with commas between, if the option is given. */
export function listOf(args: Arguments, name: string, most = Number.MAX_SAFE_INTEGER): readonly number[] | undefined {
  const text = args.options.get(name);
  return text?.split(',').map((word) => {
    const value = readWhole(word.trim(), most);
    if (value !== undefined) return value;
    throw new UsageError(`--${name} must be whole numbers ${range(most)} with commas between them, got "${text}"`);
  });
}

function readWhole(text: string, most: number): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) && value >= 1 && value <= most ? value : undefined;
}

function range(most: number): string {
  return most === Number.MAX_SAFE_INTEGER ? 'from 1' : `from 1 to ${most}`;
}

/** One of a few words, `otherwise` if the option is not given. */
export function oneOf<T extends string>(args: Arguments, name: string, words: readonly T[], otherwise: T): T {
  const text = args.options.get(name) ?? otherwise;
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  const near = closest(text, words);
  const mend = near === undefined ? '' : `; did you mean ${near}?`;
  throw new UsageError(`--${name} must be ${words.join(', ')}, got "${text}"${mend}`);
}
