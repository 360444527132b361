import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Many wait for other processes or for time to pass, so that a machine of two cores has room for four.
const maxWorkers = Math.max(availableParallelism(), 4);

const CHAOS = ['chaos', 'cluster-chaos', 'sentinel'].map((name) => `test/cache-${name}.long.spec.ts`);

export default defineConfig({
  resolve: {
    // Tests and the example import the library by its published name.
    alias: {
      'nestjs-production-config/operations': fileURLToPath(
        new URL('src/operations/index.ts', import.meta.url),
      ),
      'nestjs-production-config/swagger': fileURLToPath(new URL('src/swagger/index.ts', import.meta.url)),
      'nestjs-production-config/testing': fileURLToPath(new URL('src/testing/index.ts', import.meta.url)),
      'nestjs-production-config': fileURLToPath(new URL('src/index.ts', import.meta.url)),
    },
  },
  test: {
    globalSetup: ['test/support/build.setup.ts'],
    // Specs about memory collect garbage before they measure.
    execArgv: ['--expose-gc'],
    // For what hangs, and nothing else: a machine may be as slow as it likes.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
    // The files of a worker share what they import: imports take a third of the time.
    isolate: false,
    coverage: { include: ['src/**/*.ts'], thresholds: { lines: 90, functions: 90 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['test/**/*.spec.ts', 'test/**/*.e2e-spec.ts'],
          exclude: ['test/**/*.long.spec.ts'],
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          // Random tests are tried ten times as often as in the other one.
          include: ['test/**/*.long.spec.ts', 'test/**/*.fuzz.spec.ts'],
          exclude: CHAOS,
          env: { LONG: 'true' },
          maxWorkers,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          // They compare calls with their deadlines under load, so that no other spec may take their processor.
          name: 'chaos',
          include: CHAOS,
          env: { LONG: 'true' },
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
