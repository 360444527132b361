import { describe, expect, it } from 'vitest';
import { boot, expectFailedBoot, expectStart, FIX, RED_NAME, REPORT } from './support/boot-process.js';
import { SECRET_KEY } from './support/keys.js';

describe('without a SECRET_KEY', () => {
  it.each([
    ['express', 'on Express'],
    ['fastify', 'on Fastify'],
    ['context', 'in an application context'],
  ])('a service (%s) exits before it listens and reports the reason once, %s', expectFailedBoot);

  it('loadOrExit() ends the process with exit code 78 and the bare report', async () => {
    const { code, stdout, stderr } = await boot('load-or-exit');
    expect(code).toBe(78);
    expect(stderr.startsWith(REPORT)).toBe(true);
    expect(stdout).toBe('');
  });

  it('the failure can be caught as a ConfigError with abortOnError: false', async () => {
    const { code, stdout } = await boot('caught');
    expect(stdout).toContain('caught ERR_CONFIG_REJECTED');
    expect(code).not.toBe(1);
  });

  it('importing the module reads nothing and does not throw', async () => {
    expect(await boot('import-only')).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
  });
});

describe('the report', () => {
  it('is plain text in a log, each fix on a line of its own', async () => {
    const { stderr } = await boot('load-or-exit', { NO_COLOR: '' });
    expect(stderr).toContain(FIX);
    expect(stderr).not.toContain('\u001b');
  });

  it('is coloured in a log with FORCE_COLOR', async () => {
    const { stderr } = await boot('load-or-exit', { NO_COLOR: '', FORCE_COLOR: '1' });
    expect(stderr).toContain(RED_NAME);
    expect(stderr).toContain(FIX);
  });
});

describe('with a SECRET_KEY', () => {
  it.each(['express', 'fastify', 'load-or-exit'])('a service (%s) starts', expectStart);

  it('a service warns about settings that should not ship', async () => {
    const { stdout } = await boot('express', { SECRET_KEY, LOG_LEVEL: 'debug', PAGE_SIZ: '20' });
    expect(stdout).toContain("NODE_ENV is not 'production'");
    expect(stdout).toContain("LOG_LEVEL is 'debug'");
    expect(stdout).toContain('PAGE_SIZ is set but nothing reads it: did you mean PAGE_SIZE?');
  });
});
