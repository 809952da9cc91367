/** Arguments: what is accepted, and the sentence for what is not. */
import { describe, expect, it } from 'vitest';
import { type Command, commandHelp, oneOf, parseCommand, wholeNumber } from '../../src/cli/command.js';
import { UsageError } from '../../src/errors.js';
import { closest } from '../../src/suggest.js';

const command: Command = {
  name: 'test',
  usage: 'vectral test',
  description: 'Tests.',
  options: {
    model: { value: 'MODEL', short: 'm', help: 'a model' },
    count: { value: 'N', help: 'a number' },
    loud: { help: 'a switch' },
  },
  run: async () => {},
};

function parse(...args: string[]) {
  const parsed = parseCommand(command, args);
  if (parsed === 'help') throw new Error('asked for help');
  return parsed;
}

describe('options', () => {
  it('stand anywhere, long or short, with = or without', () => {
    const { positionals, options } = parse('a', '--model', 'x', 'b', '--count=3', '--loud');
    expect(positionals).toEqual(['a', 'b']);
    expect([...options]).toEqual([
      ['model', 'x'],
      ['count', '3'],
      ['loud', ''],
    ]);
    expect(parse('-m', 'x').options.get('model')).toBe('x');
  });

  it('end at --', () => expect(parse('--', '--model', '-x').positionals).toEqual(['--model', '-x']));

  it('give help', () => {
    expect(parseCommand(command, ['--help'])).toBe('help');
    expect(parseCommand(command, ['a', '-h'])).toBe('help');
    for (const word of ['vectral test', '-m, --model MODEL', '--loud', '--help'])
      expect(commandHelp(command)).toContain(word);
  });

  it.each([
    [['--modle', 'x'], /no option --modle in vectral test; did you mean --model\?/],
    [['--xyzzy'], /no option --xyzzy in vectral test; see vectral test --help/],
    [['-q'], /no option -q/],
    [['--constructor'], /no option --constructor/],
    [['--model'], /--model needs a value: --model MODEL/],
    [['--model', '--loud'], /--model needs a value/],
    [['--loud=yes'], /--loud takes no value, got "yes"/],
    [['-m', 'x', '--model', 'y'], /--model is given twice/],
  ])('%j is misuse', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });

  it('may have a value that begins with a dash after =', () => {
    expect(parse('--model=--loud').options.get('model')).toBe('--loud');
  });
});

describe('values', () => {
  it('that are numbers', () => {
    expect(wholeNumber(parse('--count', '12'), 'count')).toBe(12);
    expect(wholeNumber(parse(), 'count')).toBeUndefined();
    for (const wrong of ['0', '-1', '1.5', 'x', '1e3', '', '99999999999999999999']) {
      expect(() => wholeNumber(parse(`--count=${wrong}`), 'count')).toThrow(
        /--count must be a whole number from 1, got/,
      );
    }
  });
  it('that are words', () => {
    expect(oneOf(parse('--model', 'b'), 'model', ['a', 'b'], 'a')).toBe('b');
    expect(oneOf(parse(), 'model', ['a', 'b'], 'a')).toBe('a');
    expect(() => oneOf(parse('--model', 'jsn'), 'model', ['json', 'csv'], 'csv')).toThrow(
      /must be json, csv, got "jsn"; did you mean json\?/,
    );
  });
});

it('the closest word is close', () => {
  const words = ['embed', 'similarity', 'inspect'];
  expect(closest('embd', words)).toBe('embed');
  expect(closest('sim', words)).toBe('similarity');
  expect(closest('inspct', words)).toBe('inspect');
  expect(closest('zzzzz', words)).toBeUndefined();
  expect(closest('', words)).toBeUndefined();
});
