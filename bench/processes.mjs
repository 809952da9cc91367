/** Starting, asking and ending the engines' processes (host.mjs, host.py). */
import { fork, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPython, pythonOf } from './peer-packages.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const live = new Set();

/** Pids of the engines now running. */
export const livePids = live;

/**
 * Nobody gets tuned through the environment: thread counts are passed as options, BLAS and OpenMP variables are
 * dropped.
 */
function cleanEnvironment() {
  const dropped = /^(OPENBLAS_|OMP_|MKL_|KMP_|GOMP_|ORT_|VECTRAL_THREADS$|UV_THREADPOOL_SIZE$|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.test(name)));
}

/** The same messages to both: a child of another runtime gets Node's channel too, with a line of JSON a message. */
function startHost(engine, options, extra) {
  const settings = JSON.stringify({ ...options, variant: engine.variant });
  const args = [path.join(here, 'drivers', engine.driver), settings, ...extra];
  const setup = { env: cleanEnvironment(), stdio: ['ignore', 'ignore', 'pipe', 'ipc'] };
  if (!isPython(engine)) return fork(path.join(here, 'host.mjs'), args, { ...setup, serialization: 'advanced' });
  return spawn(pythonOf(engine, options.peersDir), [path.join(here, 'host.py'), ...args], setup);
}

function start(engine, options, extra = []) {
  const child = startHost(engine, options, extra);
  live.add(child.pid);
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint = (complaint + text).slice(-2000);
  });
  child.once('exit', () => live.delete(child.pid));
  /** The next message, or an error when the process ends instead. */
  const next = () =>
    new Promise((resolve, reject) => {
      const ended = (code) => reject(new Error(`${engine.name} ended with ${code}: ${lastLine(complaint)}`));
      child.once('exit', ended);
      child.once('message', (message) => {
        child.off('exit', ended);
        resolve(message);
      });
    });
  return { child, next };
}

const lastLine = (text) => text.split('\n').findLast((line) => /error/i.test(line)) ?? text.trim().slice(-200);
const ended = (child) => new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve()));

/** A running engine: `ask(command, input)` resolves with the host's answer. */
export async function startEngine(engine, options) {
  const { child, next } = start(engine, options);
  await next();
  return {
    engine,
    async ask(command, input = {}) {
      const reply = next();
      child.send({ command, ...input });
      const { result, error } = await reply;
      if (error) throw new Error(`${engine.name}: ${error}`);
      return result;
    },
    async close() {
      child.kill();
      await ended(child);
    },
  };
}

/** One text in a process of its own: milliseconds from spawn to vector, and the peak RSS in MB. */
export async function runOnce(engine, options, text) {
  const begin = performance.now();
  const { child, next } = start(engine, options, ['--once', text]);
  const { peak } = await next();
  const milliseconds = performance.now() - begin;
  await ended(child);
  return { milliseconds, peak };
}
