/**
 * Markdown tables of a result file: node bench/table.mjs RESULT.json [--write FILE]
 * With --write the tables replace what stands between `<!-- bench -->` and `<!-- /bench -->` in FILE.
 */
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { quantile } from './statistics.mjs';

const number = (x) => (x >= 100 ? x.toFixed(0) : x.toFixed(x >= 10 ? 1 : 2));
/** A markdown table; the first column is text, the others are figures. */
export const markdown = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? '--' : '--:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function cell(result) {
  if (!result) return '–';
  const ratio = result.ratio ? ` (${result.ratio.median.toFixed(2)}×)` : '';
  return number(result.median) + ratio;
}

/** One table of the cases that share a unit and a thread count: engines down, cases across. */
function table(report, threads, rows, extra = []) {
  const find = (engine, row) =>
    report.results.find((r) => r.engine === engine && r.case === row.name && r.threads === threads);
  const head = ['', ...rows.map((row) => `${row.title}, ${row.unit}`), ...extra.map((column) => column.title)];
  const body = report.engines.map((engine) => [
    engine.name,
    ...rows.map((row) => cell(find(engine.name, row))),
    ...extra.map((column) => column.of(engine)),
  ]);
  return markdown(head, body);
}

/**
 * Quartile distance of the results in per cent of their medians: the usual one and the largest, of each thread count.
 */
function spread({ results, settings }) {
  const parts = settings.threads.map((threads) => {
    const own = results.filter((r) => r.threads === threads).map((r) => ((r.q3 - r.q1) / r.median) * 100);
    return `${quantile(own, 0.5).toFixed(0)} % (at most ${Math.max(...own).toFixed(0)} %) with ${plural(threads)}`;
  });
  return parts.join(', ');
}

const plural = (threads) => `${threads} thread${threads > 1 ? 's' : ''}`;

/** All tables of a report, with the conditions under them. */
export function render(report) {
  const { machine, settings } = report;
  const warm = report.cases.filter((row) => ['ids', 'text', 'batch'].includes(row.kind));
  const fresh = report.cases.filter((row) => !warm.includes(row));
  const parts = settings.threads.map((threads) => {
    const scaling = report.coreScaling[threads];
    const cores = scaling ? ` (the CPUs did ${scaling.map((x) => x.toFixed(2)).join(' and ')} × the work of one)` : '';
    return `**${report.model}, ${plural(threads)}**${cores}\n\n${table(report, threads, warm)}`;
  });
  if (fresh.length > 0) {
    const install = {
      title: 'installed, MB (files)',
      of: ({ install: size }) => (size ? `${(size.bytes / 1e6).toFixed(1)} (${size.files})` : '–'),
    };
    parts.push(
      `**One process, ${plural(settings.threads[0])}**\n\n${table(report, settings.threads[0], fresh, [install])}`,
    );
  }
  const versions = [...new Map(report.engines.map((e) => [`${e.name.split(' ')[0]} ${e.version}`, e])).keys()].join(
    ', ',
  );
  parts.push(
    `Medians of ${settings.rounds} interleaved rounds; × = times better than ${report.reference} in the same rounds, ` +
      'below 1 = worse. ' +
      `Quartile distance of a cell: ${spread(report)}. ${machine.cpu}, ${machine.cpus} CPUs, ${machine.os}, ` +
      `vectral on ${machine.isa ?? 'unknown'}, Node ${machine.node}, ${versions}; ` +
      `commit ${machine.commit}, ${machine.date}. ` +
      `Other processes used ${report.noise.othersMedian?.toFixed(2) ?? 'an unknown share'} of a core meanwhile (median).`,
  );
  return parts.join('\n\n');
}

function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: 'string' } } });
  const text = render(JSON.parse(fs.readFileSync(positionals[0], 'utf8')));
  if (!values.write) return console.log(text);
  const [open, close] = ['<!-- bench -->', '<!-- /bench -->'];
  const page = fs.readFileSync(values.write, 'utf8');
  const [begin, end] = [page.indexOf(open), page.indexOf(close)];
  if (begin < 0 || end < begin) throw new Error(`${values.write} has no ${open} … ${close} to write between`);
  fs.writeFileSync(values.write, `${page.slice(0, begin + open.length)}\n${text}\n${page.slice(end)}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
