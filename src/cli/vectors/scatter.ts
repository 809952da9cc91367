/** A picture of labelled points: an SVG, or a page of its own around one. */
import { type LabelPlace, placeLabels, textLength } from './label-places.js';
import { pageScript } from './scatter-page.js';

export interface Scatter {
  /** `[points, 2]` */
  readonly places: Float64Array;
  readonly labels: readonly string[];
  /** A group's name for each point; none: all are of one colour. */
  readonly groups?: readonly string[] | undefined;
  /** What is shown and how it was made. */
  readonly title: string;
  readonly note: string;
}

const width = 960;
const margin = { top: 58, side: 24, bottom: 24 };
const textSize = 11;
// Far enough apart on white and on black; more groups take hues in between.
const palette = [
  '#4269d0',
  '#e8930c',
  '#e0503f',
  '#2a9d8f',
  '#3ca951',
  '#d65db1',
  '#9a5cf0',
  '#5aa9e6',
  '#9c6b4e',
  '#868a94',
];

const style = `
.scatter { background: #fff; color: #1b1f24; font: ${textSize}px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
.scatter .title { font-size: 16px; font-weight: 600; }
.scatter .note { opacity: .62; }
.scatter .point circle { stroke: #fff; stroke-width: .75px; }
.scatter text { fill: currentColor; paint-order: stroke; stroke: #fff; stroke-width: 2.5px; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) {
  .scatter { background: #15181c; color: #e7eaee; }
  .scatter .point circle { stroke: #15181c; }
  .scatter text { stroke: #15181c; }
}`;

/** A whole SVG file. Labels that would lie on others are left to the titles of their dots. */
export function scatterSvg(scatter: Scatter): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${drawing(scatter, false)}\n`;
}

/** A page that needs nothing but itself: it zooms, shows labels as there is room, and names the point under the pointer. */
export function scatterHtml(scatter: Scatter): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(scatter.title)}</title>
<style>
html, body { margin: 0; height: 100%; background: #fff; }
.scatter { display: block; width: 100%; height: 100vh; touch-action: none; cursor: grab; }
.scatter .point:hover circle { r: 5px; }
.scatter .point:hover text { display: inline; font-weight: 600; }
.scatter .hidden { display: none; }
@media (prefers-color-scheme: dark) { html, body { background: #15181c; } }
</style>
${drawing(scatter, true)}
<script>${pageScript}</script>
</html>
`;
}

function drawing(scatter: Scatter, everyLabel: boolean): string {
  const { labels, groups } = scatter;
  const names = [...new Set(groups ?? [])];
  const legend = legendOf(names);
  const top = margin.top + legend.height;
  const { points, height } = fitted(scatter.places, top);
  const placed = placeLabels(
    points.map((point, i) => ({ ...point, label: labels[i]! })),
    textSize,
    width,
  );
  const drawn = points.map(({ x, y }, i) => {
    const label = labels[i]!;
    const group = groups?.[i];
    const fill = colour(group === undefined ? 0 : names.indexOf(group));
    const title = escaped(group === undefined ? label : `${label} (${group})`);
    const text = textOf(escaped(label), { x, y }, placed[i], everyLabel);
    return `<g class="point" transform="translate(${fixed(x)} ${fixed(y)})"><title>${title}</title><circle r="3" fill="${fill}"/>${text}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" class="scatter" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(scatter.title)}</title>
<style>${style}
</style>
<g class="points">
${drawn.join('\n')}
</g>
<text class="title" x="${margin.side}" y="30">${escaped(scatter.title)}</text>
<text class="note" x="${margin.side}" y="47">${escaped(scatter.note)}</text>${legend.drawn}
</svg>`;
}

/** A label beside its dot at (x, y); hidden, or none, where there is no place for it. */
function textOf(
  label: string,
  { x, y }: { x: number; y: number },
  place: LabelPlace | undefined,
  always: boolean,
): string {
  if (place) {
    const anchor = place.anchor === 'start' ? '' : ` text-anchor="${place.anchor}"`;
    return `<text x="${fixed(place.x - x)}" y="${fixed(place.y - y)}"${anchor}>${label}</text>`;
  }
  return always ? `<text x="5" y="3.9" class="hidden">${label}</text>` : '';
}

/** The places in the picture, one scale for both axes, y upwards. */
function fitted(places: Float64Array, top: number): { points: { x: number; y: number }[]; height: number } {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < places.length; i += 2) {
    left = Math.min(left, places[i]!);
    right = Math.max(right, places[i]!);
    low = Math.min(low, places[i + 1]!);
    high = Math.max(high, places[i + 1]!);
  }
  // labels at the edge need room beside their dots
  const room = { width: width - 2 * margin.side - 80, most: 800, least: 300 };
  const scale = Math.min(room.width / (right - left || 1), room.most / (high - low || 1));
  const inner = Math.max(scale * (high - low), room.least);
  const middle = { x: (left + right) / 2, y: (low + high) / 2 };
  const points = Array.from({ length: places.length / 2 }, (_, i) => ({
    x: width / 2 + scale * (places[2 * i]! - middle.x),
    y: top + inner / 2 - scale * (places[2 * i + 1]! - middle.y),
  }));
  return { points, height: Math.ceil(top + inner + margin.bottom) };
}

/** Names with their colours in rows below the title. */
function legendOf(names: readonly string[]): { drawn: string; height: number } {
  let [x, y] = [margin.side, 66];
  const entries = names.map((name, i) => {
    const length = 24 + textLength(name) * textSize;
    if (x > margin.side && x + length > width - margin.side) [x, y] = [margin.side, y + 17];
    const entry = `\n<circle cx="${fixed(x + 4)}" cy="${y - 4}" r="4" fill="${colour(i)}"/><text x="${fixed(x + 12)}" y="${y}">${escaped(name)}</text>`;
    x += length;
    return entry;
  });
  return { drawn: entries.join(''), height: names.length > 0 ? y - 46 : 0 };
}

function colour(i: number): string {
  return palette[i] ?? `hsl(${Math.round((i * 137.508) % 360)} 55% 52%)`;
}

function fixed(x: number): string {
  return x.toFixed(1).replace(/\.0$/, '');
}

/** For text and attributes of SVG and HTML; what XML cannot hold becomes U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (c: string) => `&#${c.charCodeAt(0)};`);
}
