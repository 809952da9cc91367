#!/usr/bin/env node
/** The command line: finds the command, runs it, and turns what goes wrong into one line and an exit code. */
import { UsageError, VectralError } from '../errors.js';
import { closest } from '../suggest.js';
import { type Command, commandHelp, parseCommand } from './command.js';
import { packageVersion } from './version.js';

const commands: Readonly<Record<string, { summary: string; load(): Promise<Command> }>> = {
  pull: { summary: 'a model of the hub to this machine', load: async () => (await import('./pull.js')).pull },
  embed: { summary: 'texts to vectors', load: async () => (await import('./embed.js')).embed },
  similarity: { summary: 'how alike texts are', load: async () => (await import('./similarity.js')).similarity },
  rerank: { summary: 'documents by their score with a query', load: async () => (await import('./rerank.js')).rerank },
  vectors: { summary: 'questions to word vectors', load: async () => (await import('./vectors/vectors.js')).vectors },
  explain: { summary: 'where the time of a model goes', load: async () => (await import('./explain.js')).explain },
  inspect: { summary: 'what a model is and how it runs', load: async () => (await import('./inspect.js')).inspect },
  quantize: { summary: 'a smaller copy of a model', load: async () => (await import('./quantize.js')).quantize },
  bench: { summary: 'how fast a model is on this machine', load: async () => (await import('./bench.js')).bench },
};

const help = `Usage: vectral <command> [options]

Commands:
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  .join('\n')}

  vectral <command> --help   the options of a command
  vectral --version          the version

Exit codes: 0 done, 1 failed, 2 misuse.
`;

async function run(args: readonly string[]): Promise<void> {
  const [name = '', ...rest] = args;
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${packageVersion()}\n`);
  } else if (name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    process.stdout.write(help);
  } else if (name === 'help') {
    await run([...rest, '--help']);
  } else {
    const command = await find(name).load();
    const parsed = parseCommand(command, rest);
    if (parsed === 'help') process.stdout.write(commandHelp(command));
    else await command.run(parsed);
  }
}

function find(name: string): { load(): Promise<Command> } {
  if (name === '') throw new UsageError(`no command; use one of ${Object.keys(commands).join(', ')}, or --help`);
  const found = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (found !== undefined) return found;
  const near = closest(name, Object.keys(commands));
  throw new UsageError(`no command "${name}"; ${near === undefined ? 'see vectral --help' : `did you mean ${near}?`}`);
}

/** One line for what a user can mend; the whole trace for what only we can: errors the language itself throws. */
function report(error: unknown): number {
  const known = error instanceof VectralError || (error instanceof Error && error.constructor === Error);
  const text = known ? error.message.replaceAll(/\s*\n\s*/g, ' ') : error instanceof Error ? error.stack : error;
  process.stderr.write(`vectral: ${text}\n`);
  return error instanceof UsageError ? 2 : 1;
}

// A reader that has seen enough (`| head`) closes the pipe: nothing is wrong, and nothing is left to do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : report(error)));

run(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = report(error);
});
