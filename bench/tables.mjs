/** The tables of a result, as data: table.mjs writes them as Markdown, report.mjs as HTML. */
import { quantile } from '../dist/esm/measure/statistics.js';
import { achieved, findResult } from './result.mjs';

/** Three digits. */
export const number = (x) => (x >= 100 ? x.toFixed(0) : x.toFixed(x >= 10 ? 1 : 2));
export const plural = (threads) => `${threads} thread${threads > 1 ? 's' : ''}`;
const small = (x) => (x == null ? '–' : x.toExponential(1));

const plain = (text) => ({ text, note: null, behind: false });
const absent = plain('–');

/** The figure, and in the note how many times better than the reference it is. */
function figure(result) {
  if (!result) return absent;
  const ratio = result.ratio?.median;
  return { text: number(result.median), note: ratio ? `${ratio.toFixed(2)}×` : null, behind: ratio < 1 };
}

function table(title, head, engines, cells) {
  const rows = engines.map((engine) => ({ name: engine.name ?? engine.engine, cells: cells(engine) }));
  return { title, head, rows: rows.filter((row) => row.cells.some((cell) => cell !== absent)) };
}

const headOf = ({ head, unit }) => (unit === 'ms' ? head : `${head}, ${unit}`);

function caseTable(report, threads, title, rows, extra = []) {
  return table(title, [...rows.map(headOf), ...extra.map((column) => column.head)], report.engines, (engine) => [
    ...rows.map((row) => figure(findResult(report, engine.name, row.name, threads))),
    ...extra.map((column) => column.of(engine)),
  ]);
}

function tailTable(report, brief) {
  const rows = report.cases.filter((row) => row.kind === 'ids' && (!brief || [8, 32, 128].includes(row.tokens)));
  const columns = report.settings.threads.flatMap((threads) => rows.map((row) => ({ row, threads })));
  const head = columns.map(({ row, threads }) => `${row.head}, ${plural(threads)}`);
  return table('99 % point of ids → vector by tokens, ms (÷ median)', head, report.engines, (engine) =>
    columns.map(({ row, threads }) => {
      const result = findResult(report, engine.name, row.name, threads);
      if (!result?.p99) return absent;
      const ratio = result.p99 / result.median;
      return { text: number(result.p99), note: ratio.toFixed(2), behind: ratio > tailLimit(threads) };
    }),
  );
}

/** How far the 99 % point may be above the median: 1.5 times with one thread, twice with more. */
export const tailLimit = (threads) => (threads === 1 ? 1.5 : 2);

function peakTable(report, threads) {
  const rows = report.cases.filter((row) => row.flops);
  const title = `GFLOP/s by tokens, ids → vector, ${plural(threads)} (% of the measured peak of the same arithmetic)`;
  return table(title, rows.map(headOf), report.engines, (engine) =>
    rows.map((row) => {
      const reached = achieved(report, row, engine, findResult(report, engine.name, row.name, threads));
      if (!reached) return absent;
      const note = reached.percent === null ? 'not measured' : `${reached.percent.toFixed(0)} %`;
      return { text: number(reached.gflops), note, behind: false };
    }),
  );
}

function accuracyTable({ accuracy }) {
  const head = ['STS-B test Spearman', 'mean 1 − cos', 'max 1 − cos', 'alone or in a batch, max difference'];
  return table('Distance to PyTorch float32 on the STS-B test sentences', head, accuracy.results, (result) => [
    plain(result.spearman.toFixed(4)),
    plain(small(result.meanDistance)),
    plain(small(result.maxDistance)),
    plain(small(result.batchEffect)),
  ]);
}

const installed = {
  head: 'installed, MB (files)',
  of: ({ install }) =>
    install ? { text: (install.bytes / 1e6).toFixed(1), note: String(install.files), behind: false } : absent,
};

/**
 * Every table of a report: `{ title, head, rows: [{ name, cells: [{ text, note, behind }] }] }`. A cell is `behind` when
 * it is worse than the reference or beyond its limit.
 * @param brief what a front page has room for
 */
export function tablesOf(report, { brief }) {
  const group = (name) => report.cases.filter((row) => row.group === name && !(brief && row.brief === false));
  const { threads } = report.settings;
  const tables = threads.map((count) => {
    const scaling = report.coreScaling[count]?.map((x) => x.toFixed(2)).join(' and ');
    const cores = scaling ? ` (the CPUs did ${scaling} × the work of one)` : '';
    const title = `${report.model}, ids → vector by tokens, ms; ${plural(count)}${cores}`;
    return caseTable(report, count, title, group('ids'));
  });
  for (const count of brief ? threads.slice(0, 1) : threads) {
    tables.push(caseTable(report, count, `text → vector by tokens, ms; ${plural(count)}`, group('text')));
  }
  tables.push(tailTable(report, brief));
  if (!brief) tables.push(...threads.map((count) => peakTable(report, count)));
  if (group('process').length > 0) {
    tables.push(caseTable(report, threads[0], `One process, ms; ${plural(threads[0])}`, group('process'), [installed]));
  }
  if (report.accuracy) tables.push(accuracyTable(report));
  return tables.filter((table) => table.rows.length > 0 && table.head.length > 0);
}

/**
 * Quartile distance of the results in per cent of their medians: the usual one and the largest, of each thread count.
 */
function spread({ results, settings }) {
  const parts = settings.threads.map((threads) => {
    const own = results.filter((r) => r.threads === threads).map((r) => Math.abs((r.q3 - r.q1) / r.median) * 100);
    return `${quantile(own, 0.5).toFixed(0)} % (at most ${Math.max(...own).toFixed(0)} %) with ${plural(threads)}`;
  });
  return parts.join(', ');
}

/** The conditions under which the figures hold, as sentences. */
export function conditionsOf(report) {
  const { machine, settings, noise } = report;
  const versions = new Set(report.engines.map((engine) => `${engine.name.split(' ')[0]} ${engine.version}`));
  return [
    `Medians of ${settings.rounds} interleaved rounds; × = times better than ${report.reference} in the same rounds, below 1 = worse.`,
    `Quartile distance of a cell: ${spread(report)}.`,
    `${machine.cpu}, ${machine.cpus} CPUs, ${machine.os}, vectral on ${machine.isa ?? 'unknown'}, Node ${machine.node}, ` +
      `${[...versions].join(', ')}; commit ${machine.commit}, ${machine.date}.`,
    `Other processes used ${noise.othersMedian?.toFixed(2) ?? 'an unknown share'} of a core meanwhile (median).`,
    ...(report.peaks ? [] : ['The peak of the machine was not measured.']),
  ];
}
