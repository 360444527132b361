import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Specs that hold calls against the clock: beside others, a small machine would be what is late.
const AGAINST_THE_CLOCK = ['absent-keys', 'chaos', 'coherence', 'faults'].map(
  (what) => `test/cache-${what}.spec.ts`,
);

export default defineConfig({
  resolve: {
    // Tests and the example import the library by its published name.
    alias: {
      'nestjs-production-config/swagger': fileURLToPath(new URL('src/swagger/index.ts', import.meta.url)),
      'nestjs-production-config/testing': fileURLToPath(new URL('src/testing/index.ts', import.meta.url)),
      'nestjs-production-config': fileURLToPath(new URL('src/index.ts', import.meta.url)),
    },
  },
  test: {
    globalSetup: ['test/support/build.setup.ts'],
    // Specs about memory collect garbage before they measure.
    execArgv: ['--expose-gc'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { include: ['src/**/*.ts'], thresholds: { lines: 90, functions: 90 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.spec.ts', 'test/**/*.e2e-spec.ts'],
          exclude: AGAINST_THE_CLOCK,
          // Many wait for other processes or for time to pass, so that a machine of two cores has room for two.
          maxWorkers: Math.max(availableParallelism() - 1, 2),
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'against the clock',
          include: AGAINST_THE_CLOCK,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
