/**
 * One page of a result file: node bench/report.mjs RESULT.json --out report.html
 * Charts, every table and the conditions, in one file that asks for nothing else.
 */
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { caseChart, installChart, latencyChart, ratioChart, rooflineChart, tailChart } from './report/charts.mjs';
import { readResult } from './result.mjs';
import { conditionsOf, plural, tablesOf } from './tables.mjs';

const style = fs.readFileSync(new URL('./report/style.css', import.meta.url), 'utf8');

const html = (text) =>
  String(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

/** A heading, what to know, and the charts that could be drawn; nothing if none could. */
function section(title, text, charts) {
  const drawn = charts.filter(([, svg]) => svg);
  if (drawn.length === 0) return '';
  const figures = drawn.map(([caption, svg]) => `<h3>${html(caption)}</h3>\n${svg}`).join('\n');
  return `<h2>${html(title)}</h2>\n<p>${html(text)}</p>\n${figures}`;
}

function tableHtml({ title, head, rows }, own) {
  const cell = ({ text, note, behind }) =>
    `<td${behind ? ' class="behind"' : ''}>${html(text)}${note ? ` <small>${html(note)}</small>` : ''}</td>`;
  const body = rows.map(
    ({ name, cells }) =>
      `<tr${own.has(name) ? ' class="own"' : ''}><th scope="row">${html(name)}</th>${cells.map(cell).join('')}</tr>`,
  );
  const columns = ['', ...head].map((text) => `<th scope="col">${html(text)}</th>`).join('');
  return `<h3>${html(title)}</h3>
<div class="scroll"><table><thead><tr>${columns}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>`;
}

function facts({ machine, settings, noise, coreScaling, engines }) {
  const scaling = Object.entries(coreScaling).map(
    ([threads, values]) => `${plural(Number(threads))}: ${values.map((x) => x.toFixed(2)).join(' before, ')} after`,
  );
  const rows = [
    ['CPU', `${machine.cpu}, ${machine.cpus} CPUs, ${machine.memoryGB} GB`],
    ['features', machine.features.join(' ')],
    ['instruction set of vectral', machine.isa ?? 'unknown'],
    ['system', `${machine.os}, Node ${machine.node}`],
    ['commit, date', `${machine.commit}, ${machine.date}`],
    ['engines', engines.map((e) => `${e.name} ${e.version}${e.precision ? ` (${e.precision})` : ''}`).join(', ')],
    [
      'rounds',
      `${settings.rounds}, ${settings.budgetMs} ms a latency figure, threads ${settings.threads.join(' and ')}`,
    ],
    ['work of all threads over one', scaling.join('; ') || 'one thread only'],
    [
      'others on the machine',
      noise.othersMedian === null || noise.othersMedian === undefined
        ? 'unknown'
        : `${noise.othersMedian.toFixed(2)} of a core (median of rounds), at most ${noise.othersMax.toFixed(2)}`,
    ],
  ];
  return `<dl>${rows.map(([name, value]) => `<dt>${html(name)}</dt><dd>${html(value)}</dd>`).join('\n')}</dl>`;
}

/** The whole page. */
export function renderReport(report) {
  const { machine, settings } = report;
  const row = (name) => report.cases.find((candidate) => candidate.name === name);
  const each = (draw) => settings.threads.map((threads) => [plural(threads), draw(threads)]);
  const charts = (names, counts) =>
    names
      .filter(row)
      .flatMap((name) =>
        counts.map((threads) => [`${row(name).title}, ${plural(threads)}`, caseChart(report, row(name), threads)]),
      );
  const own = new Set(report.engines.filter((engine) => engine.family === 'vectral').map((engine) => engine.name));
  const peaks = report.peaks
    ? 'Dashed: what this machine does with operands in registers.'
    : 'The peak of the machine was not measured.';
  const parts = [
    section(
      'Latency',
      'One caller, one text of ready token ids. Solid lines: float32; dashed: bf16; dotted: int8. The number at the end of a line is its last point.',
      each((threads) => latencyChart(report, threads)),
    ),
    section(
      'Against the reference',
      'Medians of the ratios of each round: both saw the same minute of the machine.',
      each((threads) => ratioChart(report, threads)),
    ),
    section(
      'Throughput',
      'One request of many sentences. Engines that pad get them sorted by length, in the group size that is fastest for them.',
      charts(['mixed-256', 'stsb-1000'], settings.threads),
    ),
    section(
      'Tails',
      'The 99 % point over the median: one dot a length, larger for longer texts.',
      each((threads) => tailChart(report, threads)),
    ),
    section(
      'Event loop',
      'How late a timer comes while two requests of 256 texts are under way.',
      charts(['loop-mixed'], settings.threads),
    ),
    section('A process', 'Starting, memory, and what is installed.', [
      ...charts(['cold', 'rss-one', 'rss-mixed'], settings.threads.slice(0, 1)),
      ['Installed', installChart(report)],
    ]),
    section(
      'Against the machine',
      `Floating-point operations of the forward over the latency. ${peaks}`,
      each((threads) => rooflineChart(report, threads)),
    ),
    `<h2>All figures</h2>\n<p>Red: worse than ${html(report.reference)}, or beyond the limit.</p>`,
    ...tablesOf(report, { brief: false }).map((table) => tableHtml(table, own)),
    `<h2>Conditions</h2>\n<p>${html(conditionsOf(report).join(' '))}</p>\n${facts(report)}`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(report.model)} on ${html(machine.cpu)}</title>
<style>
${style}</style>
</head>
<body>
<h1>${html(report.model)}</h1>
<p class="soft">${html(`${machine.cpu}, ${machine.cpus} CPUs, vectral on ${machine.isa ?? 'unknown'}; ${machine.date}, commit ${machine.commit}`)}</p>
${parts.filter(Boolean).join('\n')}
</body>
</html>
`;
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' } },
  });
  if (positionals.length !== 1 || !values.out) {
    throw new Error('usage: node bench/report.mjs RESULT.json --out report.html');
  }
  fs.writeFileSync(values.out, renderReport(readResult(positionals[0])));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
