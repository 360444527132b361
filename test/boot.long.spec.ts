import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { boot, expectFailedBoot, expectStart, FIX, RED_NAME, REPORT } from './support/boot-process.js';
import { SECRET_KEY } from './support/keys.js';
import { run } from './support/run.js';
import { hasTerminal, runOnTerminal } from './support/terminal.js';

describe('without a SECRET_KEY', () => {
  it.each([
    ['logger-off', 'with logger: false'],
    ['logger-without-errors', 'with a logger that has levels'],
    ['logger-without-levels', 'with a logger that prints nothing'],
    ['own-logger', 'with a custom logger'],
    ['buffered-logs', 'with bufferLogs'],
    ['kept-logs', 'with buffered logs that are not flushed'],
    ['condition-first', 'with a conditional module'],
    ['condition-last', 'with a conditional module and logger: false'],
    ['waiting-first', 'with a module that waits for ConfigModule.envVariablesLoaded'],
    ['waiting-context', 'in an application context with such a module'],
  ])('a service (%s) exits before it listens and reports the reason once, %s', expectFailedBoot);

  it.each(['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT'])(
    'loadOrExit() throws in a process of a test runner, which sets %s',
    async (name) => {
      const { code, stderr } = await boot('load-or-exit', { [name]: '1' });
      expect(code).toBe(1);
      expect(stderr.split(REPORT)).toHaveLength(2);
    },
  );
});

describe.skipIf(!hasTerminal)('the report on a terminal', () => {
  const bootOnTerminal = (columns: number, env: Record<string, string> = {}) =>
    runOnTerminal('.build/test/fixtures/boot.app.js', { args: ['load-or-exit'], columns, env });

  it('is coloured, and its texts are wrapped at words, below their first line', async () => {
    const { code, output, lines } = await bootOnTerminal(60);
    expect(code).toBe(78);
    expect(output).toContain(`\u001b[1m${REPORT}\u001b[22m`);
    expect(output).toContain(RED_NAME);
    expect(output).toContain('\u001b[33mNote:\u001b[39m');
    expect(lines.slice(0, 12)).toEqual([
      REPORT,
      '',
      '  SECRET_KEY    is missing',
      '                The key from which signatures and tokens are',
      '                made',
      '                -> set SECRET_KEY, or SECRET_KEY_FILE to a',
      '                   mounted secret; make one: npx',
      '                   nestjs-production-config keygen',
      '',
      "  Note: NODE_ENV is not 'production', so Express and other",
      '        libraries run in their development mode: set',
      '        NODE_ENV=production',
    ]);
  });

  it('says the same as in a log', async () => {
    const [{ lines }, { stderr }] = await Promise.all([bootOnTerminal(40), boot('load-or-exit')]);
    expect(lines.join(' ').split(/\s+/)).toEqual(stderr.split(/\s+/));
  });

  it('has no colours with NO_COLOR', async () => {
    const { output } = await bootOnTerminal(200, { NO_COLOR: '1' });
    expect(output).not.toContain('\u001b');
    expect(output).toContain(FIX.replace('\n', '\r\n'));
  });
});

describe('with a SECRET_KEY', () => {
  it.each(['logger-off', 'condition-first', 'condition-last', 'waiting-first'])(
    'a service (%s) starts',
    expectStart,
  );

  it('a service warns about a condition registered before the package, which read the raw environment', async () => {
    const env = { SECRET_KEY, NODE_ENV: 'production' };
    const { code, stdout } = await run('.build/test/fixtures/early-condition.app.js', { env });
    expect(code).toBe(0);
    expect(stdout).toContain(
      'ConditionalModule read the raw environment instead of the checked values for MailModule',
    );
    expect(stdout).toContain('import it first in main.ts');
  });
});

describe("after import 'dotenv/config'", () => {
  const bootWithDotenv = (nodeEnv: string) => {
    const cwd = mkdtempSync(join(tmpdir(), 'dotenv-'));
    writeFileSync(join(cwd, '.env'), `NODE_ENV=${nodeEnv}\nSECRET_KEY=${SECRET_KEY}\n`);
    const node = ['--import', import.meta.resolve('dotenv/config')];
    return run('.build/test/fixtures/boot.app.js', { args: ['express'], node, cwd });
  };
  const warningsOf = (stdout: string) =>
    stdout.split('\n').filter((line) => line.includes('[ProductionConfigModule]') && line.includes('WARN'));

  it.each([
    ['development', "NODE_ENV is not 'production'"],
    ['production', ".env is not read, because NODE_ENV is 'production'"],
  ])('NODE_ENV=%s in .env causes one warning', async (nodeEnv, warning) => {
    const { code, stdout } = await bootWithDotenv(nodeEnv);
    expect(code).toBe(0);
    expect(warningsOf(stdout)).toEqual([expect.stringContaining(warning)]);
  });
});
