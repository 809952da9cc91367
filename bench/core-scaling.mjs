/**
 * How much two busy threads do compared with one. Virtual CPUs may share one physical core, now and then or always; a
 * two-thread figure means little without this number beside it.
 */
import { Worker } from 'node:worker_threads';

// Eight independent chains keep the multiply ports full, so that two threads on one core get in each other's way.
const burn = `
  const { parentPort, workerData } = require('node:worker_threads');
  const spin = (rounds) => {
    let a = 1, b = 1, c = 1, d = 1, e = 1, f = 1, g = 1, h = 1;
    for (let i = 0; i < rounds; i++) {
      a = a * 1.0000001 + 1e-9; b = b * 1.0000001 + 1e-9; c = c * 1.0000001 + 1e-9; d = d * 1.0000001 + 1e-9;
      e = e * 1.0000001 + 1e-9; f = f * 1.0000001 + 1e-9; g = g * 1.0000001 + 1e-9; h = h * 1.0000001 + 1e-9;
    }
    return a + b + c + d + e + f + g + h;
  };
  spin(1e6);
  parentPort.postMessage('ready');
  parentPort.on('message', () => {
    const end = performance.now() + workerData;
    let done = 0;
    while (performance.now() < end) { if (spin(1e5) > 0) done++; }
    parentPort.postMessage(done);
  });
`;

const nextMessage = (worker) => new Promise((resolve) => worker.once('message', resolve));

/**
 * Work of `threads` threads over the work of one, in `milliseconds` each; `threads` when every thread has a core of
 * its own.
 */
export async function coreScaling(threads, milliseconds = 200) {
  const workers = Array.from({ length: threads }, () => new Worker(burn, { eval: true, workerData: milliseconds }));
  await Promise.all(workers.map(nextMessage));
  const together = async (list) => {
    for (const worker of list) worker.postMessage('go');
    return (await Promise.all(list.map(nextMessage))).reduce((a, b) => a + b, 0);
  };
  const alone = await together(workers.slice(0, 1));
  const all = await together(workers);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return all / alone;
}
