/** The charts of a report, as SVG text. Colours are the page's (style.css), so that they follow its light and dark. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { achieved, findResult, peakOf } from '../result.mjs';
import { number, plural, tailLimit } from '../tables.mjs';

const { document } = parseHTML('<!doctype html><body></body>');
const WIDTH = 860;
const LABELS = 240; // room for names beside the marks
const LEADER = 1.2; // the x axis goes on so far, for the lines from the last points to their names

const colour = (engine) => `var(--${engine.family.replace('.', '')})`;
const dashes = { f32: undefined, bf16: '7 3', int8: '2 3' };
const isOwn = (engine) => engine.family === 'vectral';

/** Draws, and says in words what is drawn. */
function draw(label, options) {
  const svg = Plot.plot({ document, width: WIDTH, style: { fontSize: '12px', background: 'none' }, ...options });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return svg.outerHTML;
}

/** Moves labels of a logarithmic axis apart where they would lie on each other; `height` is the axis in pixels. */
export function apart(values, low, high, height, gap = 14) {
  const scale = height / Math.log(high / low);
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const at = order.map((i) => Math.log(values[i] / low) * scale);
  // Pushed upwards first, then back down from the top edge.
  for (let i = 1; i < at.length; i++) at[i] = Math.max(at[i], at[i - 1] + gap);
  if (at.length > 0) at[at.length - 1] = Math.min(at.at(-1), height);
  for (let i = at.length - 2; i >= 0; i--) at[i] = Math.min(at[i], at[i + 1] - gap);
  const moved = [];
  order.forEach((index, place) => {
    moved[index] = low * Math.exp(at[place] / scale);
  });
  return moved;
}

/** 1, 2, 5, 10 … between two numbers; every whole digit where they are close. */
function steps(low, high) {
  const digits = high / low < 12 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    ticks.push(...digits.map((digit) => Number(`${digit}e${power}`)));
  return ticks.filter((tick) => tick >= low && tick <= high);
}

/** Lines of a figure over the number of tokens, both logarithmic, each named at its right end. */
function overTokens(label, series, { y, unit, height = 460, rules = [] }) {
  const drawn = series.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return null;
  const values = [...drawn.flatMap(({ points }) => points.map((point) => point.y)), ...rules.map((rule) => rule.y)];
  const [low, high] = [Math.min(...values) / 1.15, Math.max(...values) * 1.15];
  const tokens = [...new Set(drawn.flatMap(({ points }) => points.map((point) => point.tokens)))].sort((a, b) => a - b);
  const margins = { marginTop: 30, marginBottom: 44 };
  const lasts = drawn.map(({ points }) => points.at(-1));
  const places = apart(
    lasts.map((last) => last.y),
    low,
    high,
    height - margins.marginTop - margins.marginBottom,
  );
  const edge = tokens.at(-1) * LEADER;
  const ends = drawn.map(({ engine }, i) => ({ engine, ...lasts[i], place: places[i] }));
  const lines = drawn.flatMap(({ engine, points }) => [
    Plot.line(points, {
      x: 'tokens',
      y: 'y',
      stroke: colour(engine),
      strokeWidth: isOwn(engine) ? 2.5 : 1.5,
      strokeDasharray: dashes[engine.arithmetic],
    }),
    Plot.dot(points, {
      x: 'tokens',
      y: 'y',
      fill: colour(engine),
      r: isOwn(engine) ? 3.5 : 2.5,
      title: (point) => `${engine.name}, ${point.tokens} tokens: ${number(point.y)} ${unit}`,
    }),
  ]);
  return draw(label, {
    height,
    ...margins,
    marginLeft: 56,
    marginRight: LABELS,
    x: {
      type: 'log',
      base: 2,
      label: 'tokens',
      labelAnchor: 'center',
      ticks: tokens,
      tickFormat: (count) => String(count),
      domain: [tokens[0], edge],
    },
    y: { type: 'log', domain: [low, high] },
    marks: [
      // The axis by hand: left to itself a logarithmic one leaves out labels that have room.
      Plot.axisY(steps(low, high), { label: y, text: String }),
      Plot.gridY(steps(low, high)),
      ...rules.map((rule) => Plot.ruleY([rule.y], { stroke: 'var(--text)', strokeWidth: 1, strokeDasharray: '4 4' })),
      ...rules.map(({ y, text, dy = -8 }) =>
        Plot.text([y], { x: tokens[0], y, text: [text], dy, dx: 4, textAnchor: 'start', fill: 'var(--text)' }),
      ),
      ...lines,
      Plot.link(ends, {
        x1: 'tokens',
        x2: edge,
        y1: 'y',
        y2: 'place',
        stroke: (end) => colour(end.engine),
        strokeOpacity: 0.5,
      }),
      // A weight holds for a whole mark, so our own names are a mark of their own.
      ...[true, false].map((own) =>
        Plot.text(
          ends.filter((end) => isOwn(end.engine) === own),
          {
            x: edge,
            y: 'place',
            dx: 4,
            textAnchor: 'start',
            text: (end) => `${end.engine.name}  ${number(end.y)}`,
            fill: (end) => colour(end.engine),
            fontWeight: own ? 700 : 400,
          },
        ),
      ),
    ],
  });
}

const seriesOf = (report, threads, pick) =>
  report.engines.map((engine) => ({
    engine,
    points: report.cases
      .filter((row) => row.kind === 'ids')
      .map((row) => ({
        tokens: row.tokens,
        y: pick(row, engine, findResult(report, engine.name, row.name, threads)),
      }))
      .filter((point) => point.y > 0),
  }));

export function latencyChart(report, threads) {
  const label = `Latency of one text by tokens, ${plural(threads)}`;
  const series = seriesOf(report, threads, (_, __, result) => result?.median);
  return overTokens(label, series, { y: '↑ ms, ids → vector (lower is better)', unit: 'ms' });
}

export function ratioChart(report, threads) {
  const series = seriesOf(report, threads, (_, __, result) => result?.ratio?.median);
  return overTokens(`Times faster than ${report.reference} by tokens, ${plural(threads)}`, series, {
    y: `↑ times faster than ${report.reference} in the same rounds`,
    unit: '×',
    rules: [{ y: 1, text: 'below: slower', dy: 10 }],
  });
}

export function rooflineChart(report, threads) {
  const kinds = new Map();
  for (const kind of ['f32', 'bf16', 'int8']) {
    const peak = peakOf(report, threads, kind);
    if (peak !== null) kinds.set(number(peak), { y: peak, names: [...(kinds.get(number(peak))?.names ?? []), kind] });
  }
  const rules = [...kinds].map(([text, { y, names }]) => ({ y, text: `peak in ${names.join(' and ')}: ${text}` }));
  const series = seriesOf(report, threads, (row, engine, result) => achieved(report, row, engine, result)?.gflops);
  return overTokens(`GFLOP/s by tokens against the peak, ${plural(threads)}`, series, {
    y: '↑ GFLOP/s (int8: GOP/s)',
    unit: 'GFLOP/s',
    rules,
  });
}

/** Horizontal bars, one an engine, the best on top, each with its number. */
function bars(label, rows, { x, better, describe }) {
  const known = rows.filter((row) => row.value > 0);
  if (known.length === 0) return null;
  const order = [...known].sort((a, b) => (better === 'lower' ? a.value - b.value : b.value - a.value));
  return draw(label, {
    height: 44 + 24 * order.length,
    marginLeft: LABELS,
    marginRight: 150,
    marginTop: 8,
    marginBottom: 36,
    x: { label: x, grid: true, tickFormat: (value) => value.toLocaleString('en-US') },
    y: { label: null, domain: order.map((row) => row.engine.name), tickSize: 0 },
    marks: [
      Plot.barX(order, {
        x: 'value',
        y: (row) => row.engine.name,
        fill: (row) => colour(row.engine),
        insetTop: 3,
        insetBottom: 3,
      }),
      Plot.ruleX([0], { stroke: 'var(--text)' }),
      ...[true, false].map((own) =>
        Plot.text(
          order.filter((row) => isOwn(row.engine) === own),
          {
            x: 'value',
            y: (row) => row.engine.name,
            text: describe,
            textAnchor: 'start',
            dx: 6,
            fill: 'var(--text)',
            fontWeight: own ? 700 : 400,
          },
        ),
      ),
    ],
  });
}

/** Bars of one case: the figure, and how it stands to the reference. */
export function caseChart(report, row, threads) {
  const rows = report.engines.map((engine) => {
    const result = findResult(report, engine.name, row.name, threads);
    return { engine, value: result?.median, ratio: result?.ratio?.median };
  });
  return bars(`${row.title}, ${plural(threads)}`, rows, {
    x: `${row.unit} (${row.better} is better) →`,
    better: row.better,
    describe: ({ value, ratio }) => `${number(value)}${ratio ? `  (${ratio.toFixed(2)}×)` : ''}`,
  });
}

export function installChart(report) {
  const rows = report.engines.map((engine) => ({ engine, value: engine.install && engine.install.bytes / 1e6 }));
  // The settings of one package share what is installed.
  const once = rows.filter((row, i) => rows.findIndex((other) => other.engine.family === row.engine.family) === i);
  const named = once.map((row) => ({ ...row, engine: { ...row.engine, name: row.engine.name.split(' ')[0] } }));
  return bars('Installed size', named, {
    x: 'MB on the disk, models not counted (lower is better) →',
    better: 'lower',
    describe: ({ value, engine }) => `${number(value)} MB, ${engine.install.files} files`,
  });
}

/** How far the 99 % point lies above the median, one dot a length. */
export function tailChart(report, threads) {
  const lengths = report.cases.filter((row) => row.kind === 'ids');
  const dots = report.engines.flatMap((engine) =>
    lengths.flatMap((row) => {
      const result = findResult(report, engine.name, row.name, threads);
      return result?.p99
        ? [{ engine, tokens: row.tokens, ratio: result.p99 / result.median, calls: result.calls }]
        : [];
    }),
  );
  if (dots.length === 0) return null;
  const names = [...new Set(dots.map((dot) => dot.engine.name))];
  const most = Math.max(2.2, ...dots.map((dot) => dot.ratio));
  return draw(`99 % point over median, ${plural(threads)}`, {
    height: 60 + 26 * names.length,
    marginLeft: LABELS,
    marginRight: 60,
    marginTop: 24,
    marginBottom: 36,
    x: {
      type: 'log',
      label: '99 % point ÷ median →',
      domain: [1, most * 1.05],
      tickFormat: '~r',
      ticks: 6,
      grid: true,
    },
    y: { label: null, domain: names, tickSize: 0 },
    marks: [
      Plot.ruleX([tailLimit(threads)], { stroke: 'var(--text)', strokeDasharray: '4 4' }),
      Plot.text([tailLimit(threads)], {
        x: (limit) => limit,
        frameAnchor: 'top',
        dy: -14,
        text: (limit) => `limit ${limit}`,
        fill: 'var(--text)',
      }),
      Plot.ruleY(names, { stroke: 'var(--line)' }),
      Plot.dot(dots, {
        x: 'ratio',
        y: (dot) => dot.engine.name,
        r: (dot) => 2 + Math.log2(dot.tokens),
        fill: (dot) => colour(dot.engine),
        fillOpacity: 0.55,
        stroke: (dot) => colour(dot.engine),
        title: (dot) => `${dot.tokens} tokens: ${dot.ratio.toFixed(2)}, ${dot.calls} calls`,
      }),
    ],
    r: { type: 'identity' },
  });
}
