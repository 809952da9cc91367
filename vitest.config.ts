import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The folders whose results depend on the kernels run once for every instruction set; the rest run once.
const numeric = ['ops', 'nn', 'program', 'models', 'golden'].map((folder) => `test/${folder}/**/*.test.ts`);
const isas = process.arch === 'arm64' ? ['scalar', 'neon'] : ['scalar', 'avx2', 'avx512'];

export default defineConfig({
  resolve: { alias: { vectral: fileURLToPath(new URL('./src/index.ts', import.meta.url)) } },
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'default', include: ['test/**/*.test.ts'], exclude: numeric } },
      ...isas.map((isa) => ({
        extends: true as const,
        test: { name: isa, include: numeric, env: { VECTRAL_ISA: isa } },
      })),
    ],
  },
});
