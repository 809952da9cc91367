/**
 * The process of one engine. Started by run.mjs with a driver file and its options; then answers one message at a
 * time, so that all timing happens here, beside the engine. With `--once TEXT` it embeds one text, reports and ends:
 * that is the cold start.
 *
 * A driver exports load({ modelDir, peersDir, threads, variant }) → {
 *   groupings,                    ways to group a batch; the fastest is taken (`{ batch, sameLength? }`)
 *   encode(texts, grouping),      → normalised Float32Array rows in the order of the texts
 *   encodeIds(ids),               → one row for ready token ids (special tokens included)
 *   info }                        optional, { isa }
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { quantile } from './statistics.mjs';

const [, , driverFile, optionsJson, flag, onceText] = process.argv;
const options = JSON.parse(optionsJson);
const driver = await import(pathToFileURL(path.resolve(driverFile)).href);
const peakMegabytes = () => process.resourceUsage().maxRSS / 1024;

/** Milliseconds of single calls: a warm-up of a fifth of the budget, then calls until it is spent; at least five. */
async function latency(call, budget) {
  const warm = performance.now() + budget / 5;
  do await call();
  while (performance.now() < warm);
  const times = [];
  const end = performance.now() + budget;
  do {
    const begin = performance.now();
    await call();
    times.push(performance.now() - begin);
  } while (performance.now() < end || times.length < 5);
  return { value: quantile(times, 0.5), p90: quantile(times, 0.9), calls: times.length };
}

async function timeBatch(engine, texts, grouping) {
  const begin = performance.now();
  const rows = await engine.encode(texts, grouping);
  const seconds = (performance.now() - begin) / 1000;
  if (rows.length !== texts.length) throw new Error(`the engine gave ${rows.length} vectors for ${texts.length} texts`);
  return texts.length / seconds;
}

const engine = await driver.load(options);

if (flag === '--once') {
  const [row] = await engine.encode([onceText], { batch: 1 });
  process.send({ dim: row.length, peak: peakMegabytes() }, () => process.exit(0));
} else {
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
    info: async () => engine.info ?? {},
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
