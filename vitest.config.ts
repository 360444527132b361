import { fileURLToPath } from 'node:url';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const SPECS = ['test/**/*.spec.ts', 'test/**/*.e2e-spec.ts'];

// Specs that hold calls against the clock: beside others, a small machine would be what is late.
const AGAINST_THE_CLOCK = ['absent-keys', 'chaos', 'coherence', 'faults'].map(
  (what) => `test/cache-${what}.spec.ts`,
);

const shared = {
  // Tests and the example import the library by its published name.
  alias: {
    'nestjs-production-config/swagger': fileURLToPath(new URL('src/swagger/index.ts', import.meta.url)),
    'nestjs-production-config': fileURLToPath(new URL('src/index.ts', import.meta.url)),
  },
  // Specs about memory collect garbage before they measure.
  execArgv: ['--expose-gc'],
  testTimeout: 30_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.setup.ts'],
    coverage: { include: ['src/**/*.ts'], thresholds: { lines: 90, functions: 90 } },
    projects: [
      {
        test: {
          ...shared,
          name: 'side by side',
          include: SPECS,
          exclude: AGAINST_THE_CLOCK,
          // Many wait for other processes or for time to pass, so that a machine of two cores has room for two.
          maxWorkers: Math.max(availableParallelism() - 1, 2),
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'against the clock',
          include: AGAINST_THE_CLOCK,
          maxWorkers: Math.max(availableParallelism() - 1, 1),
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
