import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The folders whose results depend on the kernels run once for every instruction set; all else runs once.
const numeric = ['ops', 'nn', 'program', 'models', 'golden'].map((folder) => `test/${folder}/**/*.test.ts`);
const isas =
  process.arch === 'arm64'
    ? ['scalar', 'neon']
    : ['scalar', 'avx2', 'avx512', 'avx512vnni', 'avx512bf16', 'amx_split', 'amx'];
// These differ from their parent in the reduced-precision products alone.
const reduced = ['avx512vnni', 'avx512bf16', 'amx'];
const reducedTests = ['test/models/arithmetic.test.ts'];
// Nothing is left in the user's cache, and nothing is asked of the hub; tests of these choose a folder and a server of their own.
const sealed = { VECTRAL_CACHE: 'off', HF_HUB_OFFLINE: '1' };
const absent = 'test/isa/absent.test.ts';

/** What this machine can run; every one where no addon is built yet, so that the tests themselves say so. */
function runnableIsas(): string[] {
  const addon = fileURLToPath(new URL('./build/Release/vectral.node', import.meta.url));
  return existsSync(addon) ? createRequire(import.meta.url)(addon).info().runnable : isas;
}

const runnable = runnableIsas();
export default defineConfig({
  resolve: { alias: { vectral: fileURLToPath(new URL('./src/index.ts', import.meta.url)) } },
  test: {
    pool: 'forks',
    // The files of a project share their processes: loading the sources anew for each would be a fifth of the time.
    isolate: false,
    // On two CPUs one worker, the default, would leave one idle: much of a test is waiting for processes.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'default',
          include: ['test/**/*.test.ts'],
          exclude: [...numeric, absent],
          env: { ...sealed, VECTRAL_ISA: '' },
        },
      },
      ...isas.map((isa) => ({
        extends: true as const,
        test: {
          name: isa,
          include: runnable.includes(isa) ? (reduced.includes(isa) ? reducedTests : numeric) : [absent],
          env: { ...sealed, VECTRAL_ISA: isa },
        },
      })),
    ],
  },
});
