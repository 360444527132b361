import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Tests and the example import the library by its published name.
    alias: {
      'nestjs-production-config/swagger': fileURLToPath(new URL('src/swagger/index.ts', import.meta.url)),
      'nestjs-production-config': fileURLToPath(new URL('src/index.ts', import.meta.url)),
    },
  },
  test: {
    include: ['test/**/*.spec.ts', 'test/**/*.e2e-spec.ts'],
    globalSetup: ['test/support/build.setup.ts'],
    // Specs about memory collect garbage before they measure.
    execArgv: ['--expose-gc'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { include: ['src/**/*.ts'], thresholds: { lines: 90, functions: 90 } },
  },
});
