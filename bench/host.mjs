/**
 * The process of one engine. Started by processes.mjs with a driver file and its options; then answers one message at a
 * time, so that all timing happens here, beside the engine. With `--once TEXT` it embeds one text, reports and ends:
 * that is the cold start. host.py does the same for drivers in Python.
 *
 * A driver exports load({ modelDir, peersDir, threads, variant }) → {
 *   groupings,                    ways to group a batch; the fastest is taken (`{ batch, sameLength? }`)
 *   encode(texts, grouping),      → normalised Float32Array rows in the order of the texts
 *   encodeIds(ids),               → one row for ready token ids (special tokens included)
 *   prepareForward(ids),          optional, → a function that runs the engine's bare forward on these ids
 *   measurePeaks(threads),        optional, → operations a second of the machine at best: `{ threads, operations: { f32, … } }`
 *   info }                        optional, { isa }
 */
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { timeCalls } from '../dist/esm/measure/latency.js';
import { quantile } from '../dist/esm/measure/statistics.js';

const [, , driverFile, optionsJson, flag, onceText] = process.argv;
const options = JSON.parse(optionsJson);
const driver = await import(pathToFileURL(path.resolve(driverFile)).href);
const peakMegabytes = () => process.resourceUsage().maxRSS / 1024;
const median = (times) => quantile(times, 0.5);

async function latency(call, budget) {
  const times = await timeCalls(call, budget);
  return { value: median(times), times };
}

async function timeBatch(engine, texts, grouping) {
  const begin = performance.now();
  const rows = await engine.encode(texts, grouping);
  const seconds = (performance.now() - begin) / 1000;
  if (rows.length !== texts.length) throw new Error(`the engine gave ${rows.length} vectors for ${texts.length} texts`);
  return texts.length / seconds;
}

/** Microseconds that text → vector takes beyond the bare forward; the two take turns, so that both see one machine. */
async function overhead(engine, { text, ids, budget }) {
  const forward = await engine.prepareForward(ids);
  const [whole, bare] = [[], []];
  const timed = async (into, call) => {
    const begin = performance.now();
    await call();
    into.push(performance.now() - begin);
  };
  const { length } = await timeCalls(async () => {
    await timed(whole, () => engine.encode([text], { batch: 1 }));
    await timed(bare, forward);
  }, 2 * budget);
  const forwardMs = median(bare.slice(-length)); // what comes before was warm-up
  return { value: (median(whole.slice(-length)) - forwardMs) * 1000, forwardMs };
}

const GRAIN = 1; // milliseconds: the timer of the monitor fires this often at most, and delays include it

/** How late the event loop comes while two requests are under way without a break, in milliseconds. */
async function loopDelay(engine, { texts, budget }, grouping) {
  await engine.encode(texts, grouping);
  const delay = monitorEventLoopDelay({ resolution: GRAIN });
  const end = performance.now() + 4 * budget;
  const request = async () => {
    do await engine.encode(texts, grouping);
    while (performance.now() < end);
  };
  delay.enable();
  await Promise.all([request(), request()]);
  delay.disable();
  const late = (nanoseconds) => Math.max(0.01, nanoseconds / 1e6 - GRAIN);
  return { value: late(delay.percentile(99)), worst: late(delay.max) };
}

const engine = await driver.load(options);

if (flag === '--once') {
  const [row] = await engine.encode([onceText], { batch: 1 });
  process.send({ dim: row.length, peak: peakMegabytes() }, () => process.exit(0));
} else {
  const kinds = ['ids', 'text', 'batch', 'loop'];
  let grouping = engine.groupings[0];
  const commands = {
    /** A pass over half of the texts a grouping, the first one twice because it also warms the engine up. */
    async chooseGrouping({ texts }) {
      const half = texts.filter((_, i) => i % 2 === 0);
      await timeBatch(engine, half, grouping);
      const speeds = [];
      for (const candidate of engine.groupings) speeds.push(await timeBatch(engine, half, candidate));
      grouping = engine.groupings[speeds.indexOf(Math.max(...speeds))];
      return { grouping: engine.groupings.length > 1 ? grouping : null };
    },
    ids: ({ ids, budget }) => latency(() => engine.encodeIds(ids), budget),
    text: ({ text, budget }) => latency(() => engine.encode([text], { batch: 1 }), budget),
    batch: async ({ texts, grouping: forced }) => ({ value: await timeBatch(engine, texts, forced ?? grouping) }),
    overhead: (input) => overhead(engine, input),
    loop: (input) => loopDelay(engine, input, grouping),
    peaks: ({ threads }) => engine.measurePeaks(threads),
    info: async () => ({
      ...engine.info,
      kinds: [...kinds, ...(engine.prepareForward ? ['overhead'] : []), ...(engine.measurePeaks ? ['peaks'] : [])],
    }),
    peak: async () => ({ value: peakMegabytes() }),
    vectors: ({ texts, grouping: forced }) => engine.encode(texts, forced ?? grouping),
  };
  process.on('message', async ({ command, ...input }) => {
    try {
      process.send({ result: await commands[command](input) });
    } catch (error) {
      process.send({ error: String(error?.message ?? error) });
    }
  });
  process.send({ ready: true });
}
