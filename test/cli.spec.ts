import { describe, expect, it } from 'vitest';
import { ProductionConfig } from 'nestjs-production-config';
import { run } from './support/run.js';

const command = (...args: string[]) => run('dist/cli/main.js', { args });

describe('production-config keygen', () => {
  it('prints a new key that ProductionConfig accepts, alone on its line', async () => {
    const [first, second] = await Promise.all([command('keygen'), command('keygen')]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^[\w-]{43}\n$/);
    expect(first.stdout).not.toBe(second.stdout);
    expect(ProductionConfig.load({ SECRET_KEY: first.stdout.trimEnd() }).SECRET_KEY).toHaveLength(43);
  });
});

describe('production-config', () => {
  it('explains itself with --help', async () => {
    const { code, stdout } = await command('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('keygen');
  });

  it.each([
    ['no command', [], 'a command is missing'],
    ['an unknown command', ['kegen'], "'kegen' is not a command"],
    ['an unknown option', ['keygen', '--bits=8'], "'--bits'"],
    ['an argument too many', ['keygen', '8'], 'keygen takes no arguments'],
  ])('exits with 2 on %s and says what is wrong', async (_what, args, text) => {
    const { code, stdout, stderr } = await command(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
