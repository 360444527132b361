import { defineConfig } from 'vitest/config';
import { fileURLToPath } from 'node:url';
const at = (p) => fileURLToPath(new URL(p, import.meta.url));
export default defineConfig({
  resolve: { alias: [
    { find: 'nestjs-production-config/swagger', replacement: at('src/swagger/index.ts') },
    { find: 'nestjs-production-config/testing', replacement: at('src/testing/index.ts') },
    { find: /^nestjs-production-config$/, replacement: at('src/index.ts') },
  ] },
  test: { execArgv: ['--expose-gc'], testTimeout: 60000, hookTimeout: 60000, expect: { poll: { timeout: 30000, interval: 20 } },
    include: ['test/**/*.spec.ts', 'test/**/*.e2e-spec.ts'], maxWorkers: 2 },
});
