import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ProductionConfig } from 'nestjs-production-config';
import {
  configFile,
  type Env,
  FINE,
  type Report,
  SERVICE,
  UNKNOWN_SILENCE,
  useCommand,
} from './support/cli-process.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { ROOT, run, type Ended } from './support/run.js';
import { hasTerminal, runOnTerminal } from './support/terminal.js';

const { folder, command, sharedRun, checkJson } = useCommand();

const developing = () =>
  checkJson({ NODE_ENV: 'development', STRIPE_KEY: FINE['STRIPE_KEY']! }, [
    ...SERVICE,
    '--strict',
    '--silence',
    'node-env=this is staging',
  ]);

describe('production-config keygen', () => {
  it('prints a new key that ProductionConfig accepts, and nothing else', async () => {
    const [first, second] = await Promise.all([command(['keygen']), command(['keygen'])]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^[\w-]{43}\n$/);
    expect(first.stdout).not.toBe(second.stdout);
    expect(ProductionConfig.load({ SECRET_KEY: first.stdout.trimEnd() }).SECRET_KEY).toHaveLength(43);
  });
});

describe('production-config check', () => {
  const listed = () =>
    sharedRun(['check', ...SERVICE], {
      ...FINE,
      QUEUE_URL: 'amqps://user:canary@queue.example',
      PORT: '4000',
      INVOICE_URL: 'https://a:canary@b',
      GREETING: 'a\u001b[31m\nb\u2028c\u009b',
      ...SHARED_CACHE,
    });
  const SHARED_CACHE = {
    CACHE_URL: 'memcached://localhost',
    CACHE_NAMESPACE: 'orders',
    CACHE_MAX_BYTES: '1mb',
  };
  const CACHE = "1.0 MiB in this process, ttl 600 s; shared on memcached as 'orders', 50 ms per call";

  it('shows every setting with its origin, and no secret', async () => {
    const { code, stdout, stderr } = await listed();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('ServiceConfig: no problems, no warnings');
    expect(stdout).toMatch(/^ +ok +PORT +environment +4000$/m);
    expect(stdout).toMatch(/^ +ok +PAGE_SIZE +default +100$/m);
    expect(stdout).toMatch(/^ +ok +SECRET_KEY +environment +\[redacted\]$/m);
    expect(stdout).toMatch(/^ +ok +REGION +unset$/m);
    expect(stdout).toMatch(/^ +ok +INVOICE_URL +environment +https:\/\/a:\[redacted\]@b$/m);
    expect(stdout).not.toContain('canary');
    expect(stdout).not.toContain(SECRET_KEY);
  });

  it('describes the cache', async () => {
    expect((await listed()).stdout).toContain(`Cache\n  at most 4096 entries and ${CACHE}\n`);
    const { report } = await checkJson({ ...FINE, ...SHARED_CACHE }, []);
    expect(report).toMatchObject({ cache: expect.stringContaining(CACHE) });
  });

  it('escapes line breaks and terminal control characters in values', async () => {
    const { stdout } = await listed();
    expect(stdout).toMatch(/GREETING +environment +a\\u\{1b\}\[31m\\nb\\u\{2028\}c/);
    for (const character of ['\u001b', '\u2028', '\u009b']) expect(stdout).not.toContain(character);
  });

  it('exits with 1 and shows each problem with its fix if the service would not start', async () => {
    const { code, stdout } = await command(['check', ...SERVICE], { SECRET_KEY: 'canary', PORT: 'canary' });
    expect(code).toBe(1);
    expect(stdout).toContain('ServiceConfig: 3 problems, 1 warning');
    expect(stdout).toMatch(/^ +weak +SECRET_KEY +environment$/m);
    expect(stdout).toMatch(/^ +missing +STRIPE_KEY +unset$/m);
    expect(stdout).toContain('create one in the Stripe dashboard');
    expect(stdout).not.toContain('canary');
  });

  it('prints the same report as JSON with --json', async () => {
    const { code, report } = await checkJson({ NODE_ENV: 'production', SECRET_KEY, PAGE_SIZE: '20' });
    expect(code).toBe(1);
    expect(report.config).toBe('ServiceConfig');
    expect(report.settings).toContainEqual({
      name: 'PAGE_SIZE',
      state: 'ok',
      origin: 'environment',
      value: 20,
      about: 'Rows per page if the client names no limit',
    });
    expect(report.problems).toMatchObject([{ name: 'STRIPE_KEY', code: 'missing', message: 'is missing' }]);
    expect([report.warnings, report.silenced]).toEqual([[], []]);
  });

  it('reads .env, the file of --dotenv and the directory of --secrets-dir, as the service does', async () => {
    const service = mkdtempSync(join(folder, 'service-'));
    const write = (name: string, text: string) => writeFileSync(join(service, name), text, { mode: 0o600 });
    write('.env', `SECRET_KEY=${SECRET_KEY}\n`);
    write('other.env', `SECRET_KEY=${OTHER_KEYS[0]}\nPORT=5000\n`);
    write('SECRET_KEY_FALLBACKS', OTHER_KEYS[1]);
    const origins = async (...args: string[]) => {
      const { stdout } = await run('dist/cli/main.js', {
        args: ['check', '--json', ...args],
        cwd: service,
      });
      const { settings } = JSON.parse(stdout) as Report;
      return Object.fromEntries(settings.map(({ name, origin }) => [name, origin]));
    };
    expect(await origins()).toMatchObject({ SECRET_KEY: '.env', SECRET_KEY_FALLBACKS: 'default' });
    expect(await origins('--dotenv', 'other.env', '--secrets-dir', '.')).toMatchObject({
      SECRET_KEY: 'other.env',
      PORT: 'other.env',
      SECRET_KEY_FALLBACKS: 'secretsDir/SECRET_KEY_FALLBACKS',
    });
    write('expand.env', `KEY=${SECRET_KEY}\nSECRET_KEY=\${KEY}\nSTRIPE_KEY=sk_live_\${KEY}\n`);
    const expanded = await run('dist/cli/main.js', {
      args: ['check', '--json', ...SERVICE, '--dotenv', 'expand.env', '--expand'],
      cwd: service,
    });
    expect([expanded.code, (JSON.parse(expanded.stdout) as Report).problems]).toEqual([0, []]);
    expect(expanded.stdout).not.toContain(SECRET_KEY);
    expect(
      await origins('--dotenv', 'absent.env', '--dotenv', 'other.env', '--dotenv', '.env'),
    ).toMatchObject({
      SECRET_KEY: 'other.env',
      PORT: 'other.env',
    });
  });

  it('applies the rules of the environment that NODE_ENV names', async () => {
    const { report } = await developing();
    expect(report).toMatchObject({ config: 'ServiceConfig under DevelopmentConfig', problems: [] });
  });

  it('checks ProductionConfig if no class is named, and reports that', async () => {
    const { code, stdout } = await sharedRun(['check'], { NODE_ENV: 'production', SECRET_KEY });
    expect(code).toBe(0);
    expect(stdout).toContain('ProductionConfig: no problems');
    expect(stdout).toContain('name your own class with --config');
  });

  it('colours its output for a terminal, unless NO_COLOR is set', async () => {
    const env = { NODE_ENV: 'production', SECRET_KEY };
    const escape = '\u001b[';
    const colourful = await command(['check'], { ...env, FORCE_COLOR: '1', NO_COLOR: '' });
    expect(colourful.stdout).toContain(escape);
    // Each run of this file has NO_COLOR.
    expect((await sharedRun(['check'], env)).stdout).not.toContain(escape);
  });

  it.skipIf(!hasTerminal)('wraps problems and warnings at words on a terminal', async () => {
    const env = { NODE_ENV: 'staging', PAGE_SIZE: '5000' };
    const { code, lines } = await runOnTerminal('dist/cli/main.js', { args: ['check'], env, columns: 60 });
    expect(code).toBe(1);
    const from = (text: string) => lines.slice(lines.findIndex((line) => line.includes(text)));
    expect(from('-> set SECRET_KEY').slice(0, 3)).toEqual([
      '                -> set SECRET_KEY, or SECRET_KEY_FILE to a',
      '                   mounted secret; make one: npx',
      '                   nestjs-production-config keygen',
    ]);
    expect(from('  PAGE_SIZE     must').slice(0, 3)).toEqual([
      '  PAGE_SIZE     must be a whole number from 1 to 1000',
      '                from the environment',
      '',
    ]);
    expect(from('  node-env ')[1]).toMatch(/^ {25}\S/);
    expect(from('Problems').filter((line) => line.startsWith(' ') && line.length > 60)).toEqual([]);
  });
});

/** Settings that boot but should not ship, by the id of their warning. No two have the same variable, but NODE_OPTIONS. */
const WARNINGS: Readonly<Record<string, { env?: Env; node?: string[]; text: string | RegExp; fix: string }>> =
  {
    'node-env': { env: { NODE_ENV: 'staging' }, text: "is not 'production'", fix: 'NODE_ENV=production' },
    'log-level': { env: { LOG_LEVEL: 'debug' }, text: "is 'debug'", fix: 'LOG_LEVEL=log' },
    'cache-enabled': {
      env: { CACHE_ENABLED: 'false' },
      text: 'nothing is cached',
      fix: 'unset CACHE_ENABLED',
    },
    'invoice-attempts': { env: { INVOICE_ATTEMPTS: '30' }, text: 'more than any invoice needs', fix: '' },
    'near-miss': { env: { PAGE_SIZ: '3' }, text: 'nothing reads it', fix: 'did you mean PAGE_SIZE?' },
    'not-a-secret': { env: { PORT_FILE: '/run/port' }, text: 'PORT is not a secret', fix: 'set PORT' },
    'stray-text': {
      env: { GREETING: '"hello"' },
      text: 'is enclosed in quotes',
      fix: 'remove the quotes, which docker --env-file and mounted files keep as part of the value',
    },
    'service-link': {
      env: {
        GREETING_PORT: 'tcp://10.0.0.5:80',
        GREETING_SERVICE_HOST: '10.0.0.5',
        GREETING_SERVICE_PORT: '80',
      },
      text: 'an address that Kubernetes sets for the Service greeting',
      fix: 'enableServiceLinks: false',
    },
    'unlistable-key': {
      env: { SECRET_KEY: `${SECRET_KEY},${OTHER_KEYS[0]}` },
      text: 'SECRET_KEY_FALLBACKS would split it',
      fix: 'as JSON',
    },
    'secrets-dir': { env: { SECRETS_DIR: '/nowhere/secrets' }, text: 'does not exist', fix: 'mount it' },
    'settings-dir': { env: { SETTINGS_DIR: '/nowhere/settings' }, text: 'does not exist', fix: 'mount it' },
    inspector: { node: ['--inspect=127.0.0.1:0'], text: '--inspect', fix: 'remove --inspect from' },
    'memory-dump': {
      env: { NODE_OPTIONS: '--report_on_fatalerror "--heapsnapshot-signal=SIGUSR2"' },
      text: 'including every secret (--report-on-fatalerror, --heapsnapshot-signal)',
      fix: 'remove --report-on-fatalerror, --heapsnapshot-signal from',
    },
    'insecure-http-parser': {
      node: ['--insecure-http-parser'],
      text: 'smuggling past a proxy',
      fix: 'remove',
    },
    'weak-tls': { env: { NODE_OPTIONS: '--tls-min-v1.0' }, text: '--tls-min-v1.0', fix: 'remove' },
    'tls-keylog': {
      env: { NODE_OPTIONS: '--tls-keylog /dev/null' },
      text: 'can decrypt the connections',
      fix: 'remove',
    },
    'node-debug': { env: { NODE_DEBUG: 'canary' }, text: 'NODE_DEBUG is set', fix: 'unset NODE_DEBUG' },
    'unverified-tls': {
      env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      text: 'no TLS connection verifies the certificate',
      fix: 'NODE_EXTRA_CA_CERTS',
    },
    'heap-limit': {
      env: { NODE_OPTIONS: '--max-old-space-size=99999999' },
      text: /grow to \d+ MiB, but there are only \d+ MiB/,
      fix: '--max-old-space-size=',
    },
    'insecure-connection': {
      env: { REPORTS_URL: 'postgres://app:x8Kq2@db.example/app?sslmode=disable' },
      text: 'connects to another host without TLS',
      fix: 'sslmode=verify-full',
    },
    'default-password': {
      env: {
        DATABASE_HOST: 'db.example',
        DATABASE_NAME: 'app',
        DATABASE_USER: 'app',
        DATABASE_PASSWORD: 'postgres',
        DATABASE_TLS: 'verify',
      },
      text: 'default password',
      fix: 'set a unique password',
    },
    'reused-secret': {
      env: { QUEUE_URL: `amqps://app:${FINE['STRIPE_KEY']}@queue.example` },
      text: 'is also used for STRIPE_KEY',
      fix: 'its own value',
    },
  };

describe('production-config check warns about settings that boot but should not ship, and exits with 0', () => {
  /** Two runs for all: the first is not in production, and the second is. */
  const { 'node-env': NODE_ENV, ...OTHERS } = WARNINGS;
  const together = (cases: readonly (typeof WARNINGS)[string][]) => {
    const options = cases.flatMap(({ env }) => env?.['NODE_OPTIONS'] ?? []);
    const env = {
      ...Object.assign({}, FINE, ...cases.map((one) => one.env)),
      ...(options.length > 0 && { NODE_OPTIONS: options.join(' ') }),
    } as Env;
    const node = cases.flatMap((one) => one.node ?? []);
    return sharedRun(['check', '--json', ...SERVICE], env, node);
  };
  const runOf = (id: string) => together(id === 'node-env' ? [NODE_ENV!] : Object.values(OTHERS));

  it.each(Object.entries(WARNINGS))('%s', async (id, { text, fix }) => {
    const { code, stdout } = await runOf(id);
    const { problems, warnings } = JSON.parse(stdout) as Report;
    expect([code, problems]).toEqual([0, []]);
    const found = warnings.filter((warning) => warning.id === id);
    expect(found).toHaveLength(1);
    expect(found[0]!.message).toMatch(text);
    expect(found[0]!.fix ?? '').toContain(fix);
    expect(stdout).not.toContain(FINE['STRIPE_KEY']);
  });

  it('each for one reason', async () => {
    const idsIn = async (id: string) =>
      (JSON.parse((await runOf(id)).stdout) as Report).warnings.map((warning) => warning.id);
    expect(await idsIn('node-env')).toEqual(['node-env']);
    expect((await idsIn('log-level')).toSorted()).toEqual(Object.keys(OTHERS).toSorted());
  });

  it('world-readable-secret: only a file that every account can read, in a directory open to every account', async () => {
    const mount = mkdtempSync(join(folder, 'mount-'));
    const write = (name: string, text: string, mode: number) => {
      writeFileSync(join(mount, name), text);
      chmodSync(join(mount, name), mode);
    };
    write('SECRET_KEY', SECRET_KEY, 0o644);
    write('SECRET_KEY_FALLBACKS', OTHER_KEYS[0], 0o400);
    const warned = async (directory: number) => {
      chmodSync(mount, directory);
      const env = { NODE_ENV: 'production', SECRETS_DIR: mount };
      const { stdout } = await command(['check', '--json'], env);
      const { problems, warnings } = JSON.parse(stdout) as Report;
      expect(problems).toEqual([]);
      return warnings.map(({ id, message }) => `${id}: ${message}`);
    };
    chmodSync(folder, 0o755);
    expect(await warned(0o755)).toEqual([
      `world-readable-secret: is in a file that every account can read: ${join(mount, 'SECRET_KEY')}`,
    ]);
    expect(await warned(0o700)).toEqual([]);
  });

  it('dotenv-in-production: a .env file in production', async () => {
    const service = mkdtempSync(join(folder, 'deployed-'));
    writeFileSync(join(service, '.env'), `SECRET_KEY=${OTHER_KEYS[0]}\n`);
    const { stdout } = await run('dist/cli/main.js', { args: ['check', '--json'], env: FINE, cwd: service });
    expect((JSON.parse(stdout) as Report).warnings).toMatchObject([{ id: 'dotenv-in-production' }]);
  });

  it('dotenv-node-env: a NODE_ENV in .env that has no effect', async () => {
    const dotenv = join(folder, 'node-env.env');
    writeFileSync(dotenv, 'NODE_ENV=production\n');
    const { report } = await checkJson({ ...FINE, NODE_ENV: 'staging' }, ['--dotenv', dotenv]);
    expect(report.warnings.map(({ id }) => id)).toEqual(['dotenv-node-env', 'node-env']);
  });

  const SOUND = [
    'postgres://app:x8Kq2@localhost/app',
    'postgres://postgres:postgres@127.0.0.1:5432/app',
    'postgres://app:x8Kq2@[::1]/app',
    'postgres:///app?host=/var/run/postgresql',
    'postgres://app@%2Fvar%2Frun%2Fpostgresql/app',
    'postgres://app:x8Kq2@db.example/app?sslmode=require',
    'postgres://app:x8Kq2@a.example:5432,b.example:5433/app?ssl=true',
    'mysql://app:x8Kq2@db.example/app?ssl-mode=VERIFY_IDENTITY',
    'mongodb+srv://app:x8Kq2@cluster.example/app',
    'mongodb://app:x8Kq2@a.example:1,b.example:2/app?tls=true',
    'mongodb+srv://app:x8Kq2@cluster.example/app?tls=true',
    'postgres://app:x8Kq2@db.example/app?sslrootcert=/ca.pem',
    'mysql://app:x8Kq2@db.example/app?ssl=Amazon%20RDS',
    'postgres://app:x8Kq2@[0:0:0:0:0:0:0:1]/app',
    'redis://:x8Kq2@localhost.',
    'https://hooks.example/x8Kq2',
    'rediss://:x8Kq2@cache.example',
    'rediss://:x8Kq2@a.example,rediss://:x8Kq2@b.example',
    'rediss+sentinel://:x8Kq2@a.example:26379,b.example/main?sentinelPassword=x8Kq2',
    'redis+sentinel://:x8Kq2@localhost,127.0.0.1:26379/main',
    'sqlserver://db.example:1433;database=app;user=sa;password=x8Kq2',
    'sqlserver://localhost\\SQLEXPRESS;user=sa;password=x8Kq2;encrypt=false',
  ];
  const INSECURE = [
    'postgresql://app:x8Kq2@10.0.0.7/app',
    'postgres:///app?host=db.example',
    'postgres://app:x8Kq2@db.example/app?ssl=true&sslmode=disable',
    'postgres://app:x8Kq2@db.example/app?sslmode=require&sslmode=disable',
    'mongodb+srv://app:x8Kq2@cluster.example/app?tls=false',
    'http://hooks.example/x8Kq2',
    'mysql://app:x8Kq2@db.example/app?ssl=false',
    'mongodb://app:x8Kq2@localhost:1,b.example:2/app',
    'redis://:x8Kq2@cache.example',
    'redis+sentinel://:x8Kq2@localhost,a.example/main',
    'valkey+sentinel://:x8Kq2@a.example/main/0',
    'memcached://cache.example',
    'amqp://app:x8Kq2@queue.example',
    'postgres:///app?host=localhost,db.example:5433',
    'sqlserver://db.example:1433;user=sa;password={;x8Kq2};encrypt=false',
  ];

  describe('in URLs', () => {
    const urls = [...SOUND, ...INSECURE];
    let warnings: Report['warnings'];

    // One run for all URLs: the other tests cover that a warning names its setting.
    beforeAll(async () => {
      const settings = urls.map((url, number) => [
        `URL_${number}`,
        // A unique password per URL: a repeated one causes another warning.
        url.replaceAll('x8Kq2', `x8Kq2${number}`),
      ]);
      const { report } = await checkJson({ ...FINE, ...Object.fromEntries(settings) }, [
        '--config',
        configFile('urls'),
      ]);
      expect(report.problems).toEqual([]);
      ({ warnings } = report);
    });

    const idsFor = (url: string) =>
      warnings.filter(({ name }) => name === `URL_${urls.indexOf(url)}`).map(({ id }) => id);

    it.each(SOUND)('no warning: %s', (url) => {
      expect(idsFor(url)).toEqual([]);
    });

    it.each(INSECURE)('insecure-connection: %s', (url) => {
      expect(idsFor(url)).toEqual(['insecure-connection']);
    });
  });

  /** In a run whose only warning is that of NODE_ENV. */
  const strictly = (...silences: string[]) =>
    sharedRun(['check', '--strict', ...silences], { ...FINE, NODE_ENV: 'demo' });
  const silencing = () => strictly('--silence', 'node-env=the demo = no production');

  it('unless a warning is silenced by its id, with a reason that is printed', async () => {
    const { code, stdout } = await silencing();
    expect(code).toBe(0);
    expect(stdout).toContain('no problems, no warnings');
    expect(stdout).toContain('reason: the demo = no production');
  });

  it('but exits with 1 under --strict, except for silenced warnings', async () => {
    expect((await strictly()).code).toBe(1);
    expect((await silencing()).code).toBe(0);
  });

  it('insecure-connection: with the host and the TLS mode that pg reads from the environment', async () => {
    const warned = async (env: Env, args: readonly string[]) =>
      (await checkJson({ ...FINE, ...env }, args)).report.warnings.map(({ id, name }) => [name, id]);
    expect(await warned({ DATABASE_URL: 'postgres:///app', PGHOST: 'db.example' }, [])).toEqual([
      ['DATABASE_URL', 'insecure-connection'],
    ]);
    const urls = {
      DATABASE_URL: 'postgres://db.example/app',
      REPORTS_URL: 'postgres://db.example/app?ssl=0',
    };
    expect(await warned({ ...urls, PGSSLMODE: 'require' }, SERVICE)).toEqual([
      ['REPORTS_URL', 'insecure-connection'],
    ]);
  });

  describe('in settings that do not affect each other:', () => {
    const env: Env = {
      ...FINE,
      QUEUE_URL: 'sqlserver://db.example;user=sa;password={changeme}',
      TICKETS_URL: `postgres://localhost/a?user=a&password=${FINE['STRIPE_KEY']}`,
      DATABASE_URL: 'postgres://app:x8Kq2Zt7Lw@localhost/a',
      REPORTS_URL: 'postgres://app:x8Kq2Zt7Lw@localhost/b',
      OLD_SECRET: SECRET_KEY,
      INVOICE_URL: `https://invoices.example/?k=${SECRET_KEY}`,
    };
    const idsOf = async (name: string) => {
      const { code, report } = await checkJson(env);
      expect([code, report.problems]).toEqual([0, []]);
      return report.warnings.filter((warning) => warning.name === name).map(({ id }) => id);
    };

    it('default-password: also in a SQL Server URL', async () => {
      expect(await idsOf('QUEUE_URL')).toEqual(['default-password']);
    });

    it('reused-secret: also for a password in a URL parameter', async () => {
      expect(await idsOf('TICKETS_URL')).toEqual(['reused-secret']);
    });

    it('reused-secret: not for two URLs of one account', async () => {
      expect([await idsOf('DATABASE_URL'), await idsOf('REPORTS_URL')]).toEqual([[], []]);
    });

    it('reused-secret: not for a pair that is declared as shared', async () => {
      expect([await idsOf('OLD_SECRET'), await idsOf('SECRET_KEY')]).toEqual([[], []]);
    });

    it('reused-secret: for one that contains a secret but is not one, with the secret redacted', async () => {
      expect(await idsOf('INVOICE_URL')).toEqual(['reused-secret']);
      for (const format of [[], ['--json']]) {
        const { code, stdout } = await sharedRun(['check', ...format, ...SERVICE], env);
        expect(code).toBe(0);
        expect(stdout).toContain('reused-secret');
        expect(stdout).toContain('contains the value of a secret but is not declared as one');
        expect(stdout).toContain('https://invoices.example/?k=[redacted]');
        expect(stdout).not.toContain(SECRET_KEY);
      }
    });
  });

  it('development-rules: even if node-env is silenced', async () => {
    const { code, report } = await developing();
    expect([code, report.warnings.map(({ id }) => id)]).toEqual([1, ['development-rules']]);
  });

  it('can be silenced for one setting, and unused silences are reported', async () => {
    const env = { ...FINE, DATABASE_URL: 'postgres://db.example/app', QUEUE_URL: 'amqp://queue.example' };
    const silences = ['insecure-connection:QUEUE_URL=its own network', 'heap-limit=big'];
    const { report } = await checkJson(env, [...SERVICE, ...silences.flatMap((text) => ['--silence', text])]);
    expect(report.warnings).toMatchObject([{ name: 'DATABASE_URL' }]);
    expect(report.silenced).toMatchObject([{ name: 'QUEUE_URL', reason: 'its own network' }]);
    expect(report).toMatchObject({ unusedSilences: ['heap-limit'] });
  });

  it('with exactly the ids that docs/command-line.md explains', async () => {
    const page = readFileSync(join(ROOT, 'docs/command-line.md'), 'utf8');
    const [, table = ''] = /^\| id \|.*\n.*\n((?:\|.*\n)+)/m.exec(page) ?? [];
    const explained = [...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, id]) => id);
    const { stderr } = await sharedRun(UNKNOWN_SILENCE, { SECRET_KEY });
    const known = /valid ids: (.*)\n/.exec(stderr)![1]!.split(', ');
    // The last id belongs to the service's own setting.
    expect(new Set([...explained, 'invoice-attempts'])).toEqual(new Set(known));
  });

  it('as text with one line that leads to the reasons, unless all warnings are of the application', async () => {
    const REASONS = 'docs/checklist.md in nestjs-production-config';
    const textOf = async (env: Env) => (await sharedRun(['check', ...SERVICE], { ...FINE, ...env })).stdout;
    expect((await textOf({ LOG_LEVEL: 'debug', CACHE_ENABLED: 'false' })).split(REASONS)).toHaveLength(2);
    const ofApplication = await textOf({ INVOICE_ATTEMPTS: '30' });
    expect(ofApplication).toContain('invoice-attempts');
    expect(ofApplication).not.toContain(REASONS);
  });

  it('in JSON with exactly the properties that docs/command-line.md lists', async () => {
    const page = readFileSync(join(ROOT, 'docs/command-line.md'), 'utf8');
    const { report } = await checkJson(FINE, ['--connect']);
    expect(/`--json` prints `\{ (.*?) \}`/.exec(page)![1]!.split(', ')).toEqual(Object.keys(report));
  });

  describe('silences', () => {
    const ids = [
      ...Object.keys(WARNINGS),
      'world-readable-secret',
      'dotenv-in-production',
      'dotenv-node-env',
    ];
    let outcome: Awaited<ReturnType<typeof checkJson>>;

    beforeAll(async () => {
      const silences = ids.flatMap((id) => ['--silence', `${id}=why not`]);
      outcome = await checkJson(FINE, [...SERVICE, ...silences]);
    });

    it('are accepted if there is no warning to silence', () => {
      const { code, report } = outcome;
      expect([code, report.warnings, report.silenced]).toEqual([0, [], []]);
    });

    it.each(ids)('accept the id %s', (id) => {
      expect(outcome.report.unusedSilences).toContain(id);
    });
  });
});

describe('a class with groups', () => {
  const GROUPED = ['--config', configFile('groups')];

  it('is checked by the names of its variables', async () => {
    const env = { ...FINE, MAIL_TIMEOUT: '2m', MAIL_PASSWORD: 'canary', S3_BUKCET: 'x' };
    const { code, report } = await checkJson(env, GROUPED);
    expect(code).toBe(1);
    expect(report.problems.map(({ name, message }) => [name, message])).toEqual([
      ['MAIL_HOST', 'is missing'],
      ['MAIL_TIMEOUT', 'must be a whole number from 0 to SHUTDOWN_SECONDS'],
    ]);
    expect(report.warnings).toContainEqual(expect.objectContaining({ id: 'near-miss', name: 'S3_BUKCET' }));
    expect(JSON.stringify(report)).not.toContain('canary');
  });

  it('is not said to have no database if a group replaces its settings', async () => {
    const env = { NODE_ENV: 'production', SECRET_KEY, DATABASE_URL: 'mysql://127.0.0.1/orders' };
    const args = ['--connect', '--config', configFile('own-database')];
    const { code, report } = await checkJson(env, args);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      connections: [{ name: 'database', state: 'not checked' }],
      warnings: [{ id: 'unchecked-connection', name: 'database' }],
    });
  });

  it('is checked in part with --only', async () => {
    const env = { SMTP_HOST: 'mail.example', MAIL_PASSWORD: 'canary' };
    const { code, report } = await checkJson(env, [...GROUPED, '--only', 'mail, PORT']);
    expect(code).toBe(0);
    expect(report.settings.map(({ name, origin }) => [name, origin])).toEqual([
      ['PORT', 'default'],
      ['MAIL_HOST', 'environment, as SMTP_HOST'],
      ['MAIL_PORT', 'default'],
      ['MAIL_LAST_PORT', 'default'],
      ['MAIL_TIMEOUT', 'default'],
      ['MAIL_PASSWORD', 'environment'],
      ['MAIL_TLS_VERIFY', 'default'],
    ]);
    const unknown = await command(['check', '--only', 'nope']);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("'nope'") as string });
    const none = await command(['check', '--only', ' , ']);
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--only needs the name') as string,
    });
    const both = await command(['check', '--only', 'PORT', '--connect']);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('leave --only out') as string });
  });

  it('is documented group by group in .env.example, whole or in part', async () => {
    const whole = await command(['env-example', ...GROUPED]);
    const mail = `
# ---- mail ----
# Mail that customers wait for

# The SMTP server
# required; must be a host name; also read from SMTP_HOST
MAIL_HOST=

# must be a port, from 0 to 65535
# MAIL_PORT=587

# must be a number, at least MAIL_PORT; default: MAIL_PORT
# MAIL_LAST_PORT=

# How long a mail may take
# must be a duration such as 90s, 15m or 2h, or a number of seconds; must be a whole number from 0 to SHUTDOWN_SECONDS
# MAIL_TIMEOUT=20

# secret; required
MAIL_PASSWORD=

# ---- mail.tls ----

# must be true or false (or 1, 0, yes, no, on, off)
# MAIL_TLS_VERIFY=true
`;
    expect(whole.stdout).toContain(mail);
    expect(whole.stdout).toContain(`
# ---- files (optional: unset, or complete) ----

# required
# S3_BUCKET=
`);
    const part = await command(['env-example', ...GROUPED, '--only', 'files']);
    expect(part.stdout).toContain('S3_BUCKET=');
    expect(part.stdout).not.toContain('MAIL_HOST');
  });
});

describe('production-config env-example', () => {
  const example = () => sharedRun(['env-example', ...SERVICE]);

  it('prints every setting with its purpose and its rule', async () => {
    const { code, stdout } = await example();
    expect(code).toBe(0);
    expect(stdout).toContain(
      '# Stripe API key\n' +
        '# secret; required; must have at least 20 characters; create one in the Stripe dashboard\n' +
        'STRIPE_KEY=\n',
    );
    expect(stdout).toContain('# must be a whole number from 1 to 50\n# INVOICE_ATTEMPTS=5\n');
    expect(stdout).toContain(
      '# must be a whole number from PAGE_SIZE to 1000; default: PAGE_SIZE\n# MAX_PAGE_SIZE=\n',
    );
    expect(stdout).toContain(
      '# must be a whole number from DRAIN_SECONDS + 6 to 7200; default: DRAIN_SECONDS + 20\n# SHUTDOWN_SECONDS=\n',
    );
    expect(stdout).toContain('# must be one of eu, us\n# REGION=\n');
  });

  it('prints the conditions under which .when() requires a setting', async () => {
    const { code, stdout } = await command(['env-example', '--config', configFile('conditions')]);
    expect(code).toBe(0);
    expect(stdout).toContain('# secret; required when MODE is live\n# PAYMENT_KEY=\n');
    expect(stdout).toContain('# Reply\n# required; optional when MODE is test or demo\nREPLY_TO=\n');
    expect(stdout).toContain(
      '# must not be set when PAYMENT_KEY is set; required when PORT has the value that the class requires; must not be set for any other PORT\n# PROXY=\n',
    );
    expect(stdout).toContain('# required when MODE is live\n# REGION=\n');
    expect(stdout).toContain('# required when MODE is live and DEBUG is false\n# AUDIT=\n');
    expect(stdout).toMatch(/required when CACHE_URL is set\n# CACHE_NAMESPACE=app\n/);
  });

  it('prints unusual defaults so that they are read back, and marks those that it cannot write', async () => {
    const { code, stdout } = await command(['env-example', '--config', configFile('odd-defaults')]);
    expect(code).toBe(0);
    for (const name of ['DEEP', 'EXPRESSION']) expect(stdout).toContain(`default: computed\n# ${name}=\n`);
    expect(stdout).toContain('# on\n# two lines\n');
    const envFile = join(folder, 'odd.env');
    const filled = stdout.replaceAll(/^# (?=(?!EXPRESSION|DEEP)[A-Z_]+=)/gm, '');
    writeFileSync(envFile, filled.replace(/^SECRET_KEY=$/m, `SECRET_KEY=${SECRET_KEY}`));
    const { OddConfig } = (await import(configFile('odd-defaults'))) as {
      OddConfig: typeof ProductionConfig;
    };
    expect(OddConfig.load({}, { envFile }).toJSON()).toEqual(OddConfig.load({ SECRET_KEY }).toJSON());
  });

  it('prints a file that yields the defaults when it is filled in', async () => {
    const { stdout } = await example();
    const envFile = join(folder, 'filled-in.env');
    const filled = stdout
      .replaceAll(/^# (?=[A-Z_]+=)/gm, '')
      .replace(/^SECRET_KEY=$/m, `SECRET_KEY=${SECRET_KEY}`)
      .replace(/^STRIPE_KEY=$/m, 'STRIPE_KEY=sk_live_0123456789abc');
    writeFileSync(envFile, filled);
    const { ServiceConfig } = (await import(configFile('service'))) as {
      ServiceConfig: typeof ProductionConfig;
    };
    const load = (path: string) => ServiceConfig.load({}, { envFile: path }).toJSON();
    const bare = join(folder, 'bare.env');
    writeFileSync(bare, `SECRET_KEY=${SECRET_KEY}\nSTRIPE_KEY=sk_live_0123456789abc\n`);
    expect(load(envFile)).toEqual(load(bare));
  });

  it('--check passes if the file is up to date, and otherwise reports the first outdated line', async () => {
    const file = join(folder, '.env.example');
    const { stdout } = await command(['env-example']);
    const checked = (...args: string[]) => command(['env-example', '--check', ...args]);
    const check = (text: string): Promise<Ended> => {
      writeFileSync(file, text);
      return checked();
    };
    expect(await check(stdout)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await check(stdout.replaceAll('\n', '\r\n'))).toMatchObject({ code: 0 });
    const stale = await check(stdout.replace("# The environment's name;", '# The name;'));
    expect(stale.code).toBe(1);
    expect(stale.stdout).toMatch(
      /^\.env\.example is out of date from line \d+ on; write it: production-config env/,
    );
    expect(await check(stdout.slice(0, -20))).toMatchObject({ code: 1 });
    expect(readFileSync(file, 'utf8')).toBe(stdout.slice(0, -20));
    rmSync(file);
    expect((await checked()).stdout).toContain('.env.example does not exist');
    expect((await checked('other.example')).stdout).toContain('other.example does not exist');
  });
});
