import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  configFile,
  type Env,
  FINE,
  type Report,
  UNKNOWN_SILENCE,
  useCommand,
} from './support/cli-process.js';
import { SECRET_KEY } from './support/keys.js';
import { ROOT } from './support/run.js';

const { folder, command, sharedRun, checkJson } = useCommand();

describe('production-config', () => {
  it.each([[['--help']], [['check', '--help']], [['keygen', '-h']], [['env-example', '--help']]])(
    'prints its usage with %s',
    async (args) => {
      const { code, stdout } = await command(args);
      expect([code, stdout.startsWith('Usage: production-config')]).toEqual([0, true]);
    },
  );

  it.each<[string, string[], string]>([
    ['no command', [], 'a command is missing'],
    ['an unknown command', ['kegen'], "'kegen' is not a command"],
    ['the name of an inherited property', ['constructor'], "'constructor' is not a command"],
    ['an unknown option', ['keygen', '--bits=8'], "'--bits'"],
    ['a surplus argument', ['keygen', '8'], "keygen does not take the argument '8'"],
    ['an option without its value', ['check', '--config'], '--config'],
    ['an empty value of --dotenv', ['check', '--dotenv='], '--dotenv needs a value'],
    ['one of several', ['check', '--dotenv=.env', '--dotenv='], '--dotenv needs a value'],
    ['an empty value of --config', ['env-example', '--config', ''], '--config needs a value'],
    ['a blank value of --secrets-dir', ['check', '--secrets-dir', ' '], '--secrets-dir needs a value'],
    ['a directory instead of the class file', ['check', '--config', ROOT], 'is not a regular file'],
    ['a missing file', ['check', '--config', 'dist/none.js'], 'does not exist: build first'],
    [
      'TypeScript',
      ['check', '--config', join(ROOT, 'example/app.config.ts')],
      'is not JavaScript: build first',
    ],
    [
      'a file without a class',
      ['check', '--config', configFile('no-class')],
      'exports no class that extends',
    ],
    [
      'a file with two classes',
      ['check', '--config', configFile('two-classes')],
      'several configuration classes (AnotherConfig, OneConfig)',
    ],
    ['an invalid class', ['check', '--config', configFile('initialiser')], 'has an initialiser'],
    ['an unknown warning', UNKNOWN_SILENCE, "no warning has the id 'node-evn'"],
    ['a silence without a reason', ['check', '--silence', 'node-env'], 'needs a reason'],
    ['an output file', ['env-example', '.env.example'], 'takes a file only with --check'],
  ])('exits with 2 on %s and reports the reason', async (_what, args, text) => {
    const { code, stdout, stderr } = await sharedRun(args, { SECRET_KEY });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it.each(['throws', 'throws-when-used'])(
    'never prints the message of an error that the class throws (%s)',
    async (name) => {
      const { code, stdout, stderr } = await command(['check', '--config', configFile(name)], FINE);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/could not be loaded \(TypeError\)|threw RangeError/);
      expect(stderr).not.toContain(FINE['STRIPE_KEY']);
      expect(stderr).not.toContain(SECRET_KEY);
    },
  );

  it.each([
    ['exits', 'ended the process, or never finished loading'],
    ['never-loads', 'ended the process, or never finished loading'],
    ['throws-later', 'threw Error while it was used'],
    ['rejects', 'threw Error while it was used'],
  ])('exits with 2 if the class file prevents a result (%s)', async (name, text) => {
    const { code, stdout, stderr } = await command(['check', '--config', configFile(name)], FINE);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(text);
    expect(stderr).not.toContain(FINE['STRIPE_KEY']);
  });

  it.each<[string, Env, 'missing' | 'folder' | 'fifo']>([
    ['production', { NODE_ENV: 'production' }, 'missing'],
    ['development', { NODE_ENV: 'development' }, 'folder'],
    ['no NODE_ENV', {}, 'fifo'],
  ])('exits with 2 if the file of --dotenv is missing or not a regular file (%s)', async (_, env, kind) => {
    const fifo = join(mkdtempSync(join(folder, 'fifo-')), '.env');
    execFileSync('mkfifo', [fifo]);
    const FILES = {
      missing: ['nowhere.env', 'does not exist'],
      folder: [folder, 'is not a regular file'],
      fifo: [fifo, 'is not a regular file'],
    } as const;
    const [file, reason] = FILES[kind];
    const stderr = `production-config: ${file} ${reason}\n`;
    const ended = await command(['check', '--dotenv', file], { SECRET_KEY, ...env });
    expect(ended).toEqual({ code: 2, stdout: '', stderr });
    const several = await command(['check', '--dotenv', 'absent.env', '--dotenv', file], env);
    const named = kind === 'missing' ? stderr.replace(file, 'absent.env') : stderr;
    expect(several).toEqual({ code: 2, stdout: '', stderr: named });
  });

  it('does not block on a FIFO that is passed as .env.example', async () => {
    const fifo = join(mkdtempSync(join(folder, 'fifo-')), '.env.example');
    execFileSync('mkfifo', [fifo]);
    const { code, stderr } = await command(['env-example', '--check', fifo]);
    expect([code, stderr]).toEqual([2, `production-config: ${fifo} is not a regular file\n`]);
  });

  it.each(['check', 'check --connect'])(
    'reserves stdout for its report if the class prints (%s)',
    async (line) => {
      const args = [...line.split(' '), '--json', '--config', configFile('prints')];
      const shared = { CACHE_URL: 'redis://127.0.0.1:1', CACHE_NAMESPACE: 'orders' };
      const { stdout, stderr } = await command(args, { ...FINE, ...shared, REGION: 'eu' });
      expect((JSON.parse(stdout) as Report).config).toBe('PrintingConfig');
      for (const text of [
        'tip: read the documentation',
        'printed by a rule',
        'printed by warn',
        'printed by buildCacheConfig()',
        'printed by buildCacheCredentials()',
        'printed later',
      ])
        expect(stderr).toContain(text);
    },
  );

  it('exits with 2 if its output cannot be written', () => {
    const main = join(ROOT, 'dist/cli/main.js');
    const { status } = spawnSync(process.execPath, [main, 'keygen'], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'ignore'],
    });
    expect(status).toBe(2);
  });

  it('prefers the default export of a file', async () => {
    const { report } = await checkJson(FINE, ['--config', configFile('default-export')]);
    expect(report.config).toBe('MainConfig');
  });
});
