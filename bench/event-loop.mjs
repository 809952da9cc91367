// How late the event loop is while everything computes: callers that encode batches and single texts, as many as asked for,
// beside a timer. `node bench/event-loop.mjs [--threads N] [--callers N] [--seconds N] [--dtype f32|bf16|int8]`
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { SentenceTransformer } from 'vectral';
import { stsSentences } from './workloads.mjs';

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '0' },
    callers: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '5' },
    dtype: { type: 'string', default: 'f32' },
    model: { type: 'string', default: 'models/all-MiniLM-L6-v2' },
  },
});
const model = await SentenceTransformer.load(values.model, { threads: Number(values.threads), dtype: values.dtype });
const sentences = stsSentences();

/** Runs `callers` until the time is over; percentiles of the delay in ms beyond the timer's own millisecond, and texts done. */
async function measure(callers, call) {
  const end = performance.now() + Number(values.seconds) * 1000;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const calls = [];
  let texts = 0;
  delay.enable();
  const loop = async (caller) => {
    for (let i = caller * 97; performance.now() < end; i += 101) {
      const begin = performance.now();
      const done = await call(i);
      texts += done;
      calls.push(performance.now() - begin);
    }
  };
  if (callers === 0) await new Promise((resolve) => setTimeout(resolve, Number(values.seconds) * 1000));
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)));
  delay.disable();
  calls.sort((a, b) => a - b);
  const beyond = (p) => Math.max(0, delay.percentile(p) / 1e6 - 1).toFixed(2);
  const part = (p) => calls[Math.floor(p * calls.length)]?.toFixed(1) ?? '';
  return {
    'delay p50': beyond(50),
    p99: beyond(99),
    max: Math.max(0, delay.max / 1e6 - 1).toFixed(2),
    'texts/s': Math.round(texts / Number(values.seconds)),
    'call p50, ms': part(0.5),
    'call p99, ms': part(0.99),
  };
}

const callers = Number(values.callers);
const some = (i, count) => Array.from({ length: count }, (_, k) => sentences[(i + k) % sentences.length]);
const batch = async (count, i) => (await model.encode(some(i, count))).length;
await batch(64, 0);
console.table({
  nothing: await measure(0),
  [`${callers} callers, single texts`]: await measure(callers, (i) => batch(1, i)),
  [`${callers} callers, 64 texts`]: await measure(callers, (i) => batch(64, i)),
  '1 caller, 2000 texts': await measure(1, (i) => batch(2000, i)),
});
await model.dispose();
