/**
 * Markdown tables of a result file: node bench/table.mjs RESULT.json [--full] [--write FILE]
 * With --write the brief tables replace what stands between `<!-- bench -->` and `<!-- /bench -->` in FILE.
 */
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { readResult } from './result.mjs';
import { conditionsOf, tablesOf } from './tables.mjs';

/** A markdown table; the first column is text, the others are figures. */
export const markdown = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? '--' : '--:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const cellText = ({ text, note }) => (note ? `${text} (${note})` : text);

/** All tables of a report, with the conditions under them. */
export function render(report, { brief = true } = {}) {
  const parts = tablesOf(report, { brief }).map(({ title, head, rows }) => {
    const body = rows.map(({ name, cells }) => [name, ...cells.map(cellText)]);
    return `**${title}**\n\n${markdown(['', ...head], body)}`;
  });
  return [...parts, conditionsOf(report).join(' ')].join('\n\n');
}

/** `page` with `text` between its markers. @throws Error if it has none. */
export function replaceBetweenMarkers(page, text, name) {
  const [open, close] = ['<!-- bench -->', '<!-- /bench -->'];
  const [begin, end] = [page.indexOf(open), page.indexOf(close)];
  if (begin < 0 || end < begin) throw new Error(`${name} has no ${open} … ${close} to write between`);
  return `${page.slice(0, begin + open.length)}\n${text}\n${page.slice(end)}`;
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: 'string' }, full: { type: 'boolean', default: false } },
  });
  if (positionals.length !== 1) throw new Error('one result file is needed: node bench/table.mjs RESULT.json');
  const text = render(readResult(positionals[0]), { brief: !values.full });
  if (!values.write) return console.log(text);
  const page = fs.readFileSync(values.write, 'utf8');
  fs.writeFileSync(values.write, replaceBetweenMarkers(page, text, values.write));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
