import {
  type CallHandler,
  type CanActivate,
  ClassSerializerInterceptor,
  type ExecutionContext,
  HttpException,
  type INestApplication,
  Injectable,
  Module,
  type NestInterceptor,
  UnauthorizedException,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { CacheInterceptor } from '@nestjs/cache-manager';
import { APP_GUARD, APP_INTERCEPTOR, NestFactory, Reflector } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import Joi from 'joi';
import { map } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  byteSize,
  defineCheck,
  duration,
  Env,
  HttpCacheInterceptor,
  PaginationInterceptor,
  ProductionConfig,
  ProductionConfigModule,
  Secret,
} from 'nestjs-production-config';
import {
  OperationsModule,
  type OperationsOptions,
  type OperationsReport,
  OperationsReporter,
} from 'nestjs-production-config/operations';
import { sharedEnv, startRedis } from './support/cache-servers.js';
import { canariesIn, canaryOf } from './support/canary.js';
import { ADAPTERS, type Adapter, type AppParts, startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { describeWithServer } from './support/real-server.js';
import { RecordingLogger } from './support/recording-logger.js';

class ShopConfig extends ProductionConfig {
  @Env(Joi.string().default(''), { about: 'The text of the banner, with <b>tags</b>' })
  readonly BANNER!: string;

  @Env(byteSize().default(2 ** 20), { about: 'The largest upload' })
  readonly UPLOAD_BYTES!: number;

  @Env(duration('s').default(900), { about: 'How long a session lasts' })
  readonly SESSION_SECONDS!: number;

  @Secret(Joi.string().optional(), { about: 'The key of the payment service' })
  readonly STRIPE_KEY?: string;
}

/** Lets requests with the header `x-staff: yes` pass. Without the header it answers 401, with another value 403. */
@Injectable()
class StaffGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    if (headers['x-staff'] === undefined) throw new UnauthorizedException();
    return headers['x-staff'] === 'yes';
  }
}

const PATHS = ['/ops', '/ops.json', '/ops/metrics'];
const STAFF = { 'x-staff': 'yes' };

interface Started extends AppParts {
  readonly options?: OperationsOptions;
  readonly env?: Record<string, string>;
}

function startShop(
  adapter: Adapter,
  { options = { guards: [StaffGuard] }, env = {}, imports = [], ...parts }: Started = {},
) {
  const operations = OperationsModule.forRoot(options);
  return startApp(adapter, [], { config: ShopConfig, env }, { ...parts, imports: [...imports, operations] });
}

const get = (url: string, init: RequestInit = {}) =>
  fetch(url, { headers: STAFF, redirect: 'manual', ...init });
const reportAt = async (url: string) => (await (await get(url)).json()) as OperationsReport;

describe.each(ADAPTERS)('behind a guard, on %s', (adapter) => {
  it('nothing is shown to somebody whom the guard refuses', async () => {
    const { url } = await startShop(adapter);
    for (const path of PATHS) {
      const answers = [{}, { 'x-staff': 'no' }, STAFF].map((headers) => get(url + path, { headers }));
      const [anonymous, other, staff] = await Promise.all(answers);
      expect([anonymous!.status, other!.status, staff!.status]).toEqual([401, 403, 200]);
      for (const refused of [anonymous!, other!]) expect(await refused.text()).not.toContain('SECRET_KEY');
    }
  });

  it('the page, its data and the metrics have the headers of a private document', async () => {
    const { url } = await startShop(adapter);
    const types = [
      'text/html; charset=utf-8',
      'application/json; charset=utf-8',
      /^text\/plain; version=0\.0\.4/,
    ];
    for (const [index, path] of PATHS.entries()) {
      const { headers } = await get(url + path);
      expect(headers.get('content-type')).toMatch(types[index]!);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; script-src 'sha256-[\w+/=]{44}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-robots-tag')).toBe('noindex');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    }
  });

  it('HEAD has the headers alone, and no other method does anything', async () => {
    const { url } = await startShop(adapter);
    for (const path of PATHS) {
      const head = await get(url + path, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        expect([404, 405]).toContain((await get(url + path, { method })).status);
      }
    }
  });

  it('it has the prefix of the application, and no version', async () => {
    const prepare = (app: INestApplication) => {
      app.setGlobalPrefix('api');
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    };
    const { url } = await startShop(adapter, {
      prepare,
      options: { guards: [StaffGuard], path: '/internal/ops' },
    });
    const page = await (await get(`${url}/api/internal/ops`)).text();
    // Relative, so that a proxy may add a prefix.
    expect(page).toContain('href="ops.json"');
    expect(page).toContain('href="ops/metrics"');
    expect((await reportAt(`${url}/api/internal/ops.json`)).schema).toBe(1);
    expect((await get(`${url}/api/internal/ops/metrics`)).status).toBe(200);
    expect((await get(`${url}/internal/ops`)).status).toBe(404);
  });

  it('a guard may be an instance, and inject what the imports provide', async () => {
    class Staff {
      readonly names = ['ada'];
    }
    @Module({ providers: [Staff], exports: [Staff] })
    class StaffModule {}
    @Injectable()
    class NamedGuard implements CanActivate {
      constructor(private readonly staff: Staff) {}

      canActivate(context: ExecutionContext): boolean {
        const { query } = context.switchToHttp().getRequest<{ query: { name?: string } }>();
        return this.staff.names.includes(query.name ?? '');
      }
    }
    const { url } = await startShop(adapter, {
      options: { guards: [new StaffGuard(), NamedGuard], imports: [StaffModule] },
    });
    const statuses = ['ada', 'bob'].map(async (name) => (await get(`${url}/ops?name=${name}`)).status);
    expect(await Promise.all(statuses)).toEqual([200, 403]);
    expect((await get(`${url}/ops?name=ada`, { headers: {} })).status).toBe(401);
  });

  it('a global guard comes first', async () => {
    const guard: CanActivate = {
      canActivate: () => {
        throw new HttpException('closed', 418);
      },
    };
    const { url } = await startShop(adapter, { providers: [{ provide: APP_GUARD, useValue: guard }] });
    for (const path of PATHS) expect((await get(url + path)).status).toBe(418);
  });

  it('no global interceptor, pipe or cache changes it, or keeps it from being sent', async () => {
    const envelope: NestInterceptor = {
      intercept: (_context: ExecutionContext, next: CallHandler) =>
        next.handle().pipe(map((data) => ({ data }))),
    };
    const { url, app } = await startShop(adapter, {
      providers: [
        ...[HttpCacheInterceptor, PaginationInterceptor, CacheInterceptor].map((useClass) => ({
          provide: APP_INTERCEPTOR,
          useClass,
        })),
        { provide: APP_INTERCEPTOR, useValue: envelope },
      ],
      prepare: (prepared) => {
        prepared.useGlobalInterceptors(new ClassSerializerInterceptor(prepared.get(Reflector)));
        prepared.useGlobalPipes(new ValidationPipe({ forbidNonWhitelisted: true, whitelist: true }));
      },
    });
    for (let time = 0; time < 3; time++) {
      expect(await (await get(`${url}/ops?limit=zero&filter=PORT`)).text()).toMatch(/^<!doctype html>/);
      expect(Object.keys(await reportAt(`${url}/ops.json`))).toEqual(Object.keys(await reportOf(app)));
      expect(await (await get(`${url}/ops/metrics`)).text()).toContain('cache_entries 0');
    }
  });

  it('OpenAPI does not document it', async () => {
    const { app } = await startShop(adapter);
    const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    expect(paths).toEqual({});
  });

  it('shows no secret, nor a part of one', async () => {
    const canaries = [1, 2, 3, 4].map((seed) => canaryOf(seed, 7));
    const [key, old, stripe, password] = canaries as [string, string, string, string];
    const { url, logger } = await startShop(adapter, {
      env: {
        SECRET_KEY: key,
        SECRET_KEY_FALLBACKS: old,
        STRIPE_KEY: stripe,
        DATABASE_URL: `postgres://app:${password}@db.example/shop`,
        // A setting that is not secret, but contains one.
        BANNER: `pay with ${stripe}`,
      },
    });
    const documents = PATHS.map(async (path) => (await get(url + path)).text());
    const refusals = PATHS.map(async (path) => (await get(url + path, { headers: {} })).text());
    const outputs = [...(await Promise.all([...documents, ...refusals])), inspect(logger, { depth: 9 })];
    expect(outputs.filter((output) => canariesIn(output, canaries).length > 0)).toEqual([]);
    const { settings } = await reportAt(`${url}/ops.json`);
    const secrets = settings.filter(({ isSecret, value }) => isSecret && value !== undefined);
    expect(secrets.map(({ name }) => name)).toEqual([
      'SECRET_KEY',
      'SECRET_KEY_FALLBACKS',
      'DATABASE_URL',
      'STRIPE_KEY',
    ]);
    expect(new Set(secrets.map(({ value }) => value))).toEqual(new Set(['[redacted]']));
  });

  it('no text becomes markup: neither a value, a description, a release nor what is searched for', async () => {
    const attack = `"><script>alert('1')</script><img src=x onerror=alert(1)>&amp;`;
    const { url } = await startShop(adapter, { env: { BANNER: attack, RELEASE: attack } });
    const page = await (await get(`${url}/ops?filter=${encodeURIComponent(attack)}`)).text();
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/<img|<b>tags|'1'/);
    const { settings } = await reportAt(`${url}/ops.json`);
    expect(settings.find(({ name }) => name === 'BANNER')).toMatchObject({ value: attack });
  });
});

describe('the page and its data', () => {
  it('escape characters that would turn the text around them or hide it', async () => {
    const { url } = await startShop('express', {
      env: { BANNER: 'on\u202Effo\u2066\u0007', RELEASE: 'v\u202E7' },
    });
    const page = await (await get(`${url}/ops?filter=${encodeURIComponent('\u202E')}`)).text();
    for (const hidden of ['\u202E', '\u2066', '\u0007']) expect(page).not.toContain(hidden);
    expect(page).toContain('on\\u{202e}ffo\\u{2066}\\u{7}');
  });

  it('show no secret that a text has as JSON escapes it', async () => {
    const lines = `-----BEGIN KEY-----\n"${canaryOf(5, 9)}"\n-----END KEY-----`;
    const account = JSON.stringify({ key: lines });
    const { url } = await startShop('express', { env: { STRIPE_KEY: lines, BANNER: account } });
    for (const path of PATHS) {
      expect(canariesIn(await (await get(url + path)).text(), [canaryOf(5, 9)])).toEqual([]);
    }
  });
});

async function reportOf(app: INestApplication): Promise<OperationsReport> {
  return app.get(OperationsReporter, { strict: false }).report();
}

describe('the report', () => {
  it('has each setting with its origin, its unit, and whether it is the default', async () => {
    const { app } = await startShop('express', { env: { SESSION_SECONDS: '15m', RELEASE: 'v7' } });
    const { settings, process: own, lifecycle } = await reportOf(app);
    const named = new Map(settings.map((setting) => [setting.name, setting]));
    const common = { isSecret: false };
    expect(named.get('SESSION_SECONDS')).toEqual({
      ...common,
      name: 'SESSION_SECONDS',
      value: 900,
      origin: 'environment',
      isDefault: false,
      about: 'How long a session lasts',
      unit: 's',
    });
    expect(named.get('UPLOAD_BYTES')).toMatchObject({ value: 2 ** 20, isDefault: true, unit: 'bytes' });
    expect(named.get('CACHE_TIMEOUT_MS')).toMatchObject({ unit: 'ms' });
    expect(named.get('CACHE_MAX_BYTES')).toMatchObject({ value: 'auto', unit: 'bytes' });
    expect(named.get('DRAIN_SECONDS')).toMatchObject({ unit: 's' });
    expect(named.get('STRIPE_KEY')).toEqual({
      name: 'STRIPE_KEY',
      origin: 'unset',
      isDefault: true,
      isSecret: true,
      about: 'The key of the payment service',
    });
    expect(own).toMatchObject({ config: 'ShopConfig', release: 'v7', pid: process.pid });
    expect(lifecycle).toMatchObject({ state: 'ready', reasons: [] });
  });

  it('names what the boot warned of, and why there is no fleet', async () => {
    const { app } = await startShop('express', { env: { LOG_LEVEL: 'debug' } });
    const { checks, fleet } = await reportOf(app);
    expect(checks.findings.map(({ id }) => id)).toContain('log-level');
    expect(fleet).toEqual({
      state: 'off',
      reason: 'Workers report to the Redis or Valkey of CACHE_URL, which is unset',
    });
  });
});

describeWithServer('the fleet on the page', startRedis, (server) => {
  it('names the settings that differ, and shows neither a secret nor a value of another worker', async () => {
    const shared = { ...sharedEnv(server().url), RELEASE: 'v8' };
    const planted = (seed: number) => [0, 1, 2].map((number) => canaryOf(seed, number));
    const startWorker = (PAGE_SIZE: string, [STRIPE_KEY, BANNER, password]: string[], UPLOAD_BYTES: string) =>
      startShop('express', {
        env: {
          ...shared,
          PAGE_SIZE,
          STRIPE_KEY: STRIPE_KEY!,
          BANNER: BANNER!,
          DATABASE_URL: `postgres://app:${password}@db.example/shop`,
          UPLOAD_BYTES,
        },
      });
    const [own, others] = [planted(11), planted(12)] as const;
    const { url } = await startWorker('643', own, '712345678901234');
    await startWorker('977', others, '798765432109876');
    const fleetNow = async () => (await reportAt(`${url}/ops.json`)).fleet;
    await expect.poll(fleetNow).toMatchObject({ state: 'known', workers: 2 });

    const documents = await Promise.all(PATHS.map(async (path) => (await get(url + path)).text()));
    const [page = '', json = '', metrics = ''] = documents;
    const section = /<section[^>]* id="fleet".*?<\/section>/s.exec(page)![0].replaceAll('<wbr />', '');
    const names = ['BANNER', 'DATABASE_URL', 'MAX_PAGE_SIZE', 'PAGE_SIZE', 'STRIPE_KEY', 'UPLOAD_BYTES'];
    expect([...section.matchAll(/<li><code>(\w+)</g)].map(([, name]) => name)).toEqual(names);
    expect(metrics).toContain('config_drift_workers{release="v8"} 1');

    expect(canariesIn(documents, [own[0]!, own[2]!, ...others, '798765432109876', SECRET_KEY])).toEqual([]);
    const fleet = JSON.stringify((JSON.parse(json) as OperationsReport).fleet, (name, value: unknown) =>
      // They hold the names of machines and the ids of processes.
      name === 'instances' ? undefined : value,
    );
    for (const part of [section, fleet]) {
      expect(canariesIn(part, [...own, '712345678901234'])).toEqual([]);
      expect(part).not.toMatch(/\b(?:643|977)\b/);
    }
  });
});

describe('a check of the application', () => {
  it('that finds very much leaves the report small, with how much is left out', async () => {
    class RowsConfig extends ProductionConfig {
      static override readonly checks = [
        defineCheck({
          id: 'app-rows',
          run: () => Array.from({ length: 5_000 }, () => ({ message: 'x'.repeat(10_000) })),
        }),
      ];
    }
    const operations = OperationsModule.forRoot({ guards: [StaffGuard] });
    const { app, url } = await startApp('express', [], { config: RowsConfig }, { imports: [operations] });
    const { checks } = await reportOf(app);
    const { length } = checks.findings;
    expect(length).toBeLessThanOrEqual(101);
    expect(checks.findings.at(-1)).toMatchObject({
      id: 'app-rows',
      message: expect.stringMatching(/^49\d\d further findings are not shown/) as string,
    });
    for (const path of PATHS) expect((await (await get(url + path)).text()).length).toBeLessThan(500_000);
  });
});

/** An application of which the page has a server of its own. */
async function listening(listen: string, adapter: 'none' | Adapter = 'none') {
  const logger = new RecordingLogger();
  @Module({
    imports: [
      ProductionConfigModule.forRoot({ env: { SECRET_KEY, NODE_ENV: 'production' } }),
      OperationsModule.forRoot({ listen }),
    ],
  })
  class AppModule {}
  const options = { logger, abortOnError: false } as const;
  const app =
    adapter === 'none'
      ? await NestFactory.createApplicationContext(AppModule, options)
      : await NestFactory.create(AppModule, options);
  onTestFinished(() => app.close());
  await app.init();
  const [, url = ''] = /operations page is at (http:\S+)\/ops/.exec(inspect(logger, { depth: 9 })) ?? [];
  return { app, url };
}

/** The first line and the rest of the response to these lines. */
async function rawAnswer(url: string, ...lines: string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname.replaceAll(/[[\]]/g, ''));
  socket.end(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

describe('a server of its own', () => {
  it.each(['127.0.0.1:0', 'localhost:0', '[::1]:0', '127.8.9.10:0'])(
    'answers on %s, also without an HTTP adapter, and the log names its address',
    async (listen) => {
      const { url } = await listening(listen);
      expect((await reportAt(`${url}/ops.json`)).schema).toBe(1);
      expect(await (await get(`${url}/ops`)).text()).toMatch(/^<!doctype html>/);
      expect(await (await get(`${url}/ops/metrics`)).text()).toContain('key_ring_keys{');
    },
  );

  it('is read-only, and knows no other path', async () => {
    const { url } = await listening('127.0.0.1:0');
    for (const path of PATHS) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const { status, headers } = await get(url + path, { method });
        expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      }
      const head = await get(url + path, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
    }
    expect((await get(`${url}/`)).status).toBe(404);
    expect((await get(`${url}/ops/x`)).status).toBe(404);
    const slash = await get(`${url}/ops/?filter=x`);
    expect([slash.status, slash.headers.get('location')]).toEqual([308, '../ops?filter=x']);
  });

  it('refuses requests under a name that is not of this machine, as DNS rebinding sends them', async () => {
    const { url } = await listening('127.0.0.1:0');
    for (const host of [
      'evil.example',
      'evil.example:9464',
      '10.0.0.1',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '[fe80::1]',
      '',
    ]) {
      const answer = await rawAnswer(url, 'GET /ops.json HTTP/1.1', `Host: ${host}`);
      expect(answer, host).toMatch(/^HTTP\/1\.1 421 /);
      expect(answer).not.toContain('SECRET_KEY');
    }
    for (const host of ['localhost', 'LOCALHOST:8080', '127.0.0.1:1', '[::1]:9464', '127.1.2.3']) {
      const answer = await rawAnswer(url, 'GET /ops.json HTTP/1.1', `Host: ${host}`);
      expect(answer, host).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  it('is open while the application drains, and closed once it has shut down', async () => {
    const { app, url } = await listening('127.0.0.1:0', 'express');
    let schema: number | undefined;
    Object.assign(app.get(OperationsModule), {
      beforeApplicationShutdown: async () => void ({ schema } = await reportAt(`${url}/ops.json`)),
    });
    await app.close();
    expect(schema).toBe(1);
    await expect(fetch(`${url}/ops`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('fails the boot with what to do if its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(listening(`127.0.0.1:${port}`)).rejects.toMatchObject({
      name: 'OperationsError',
      code: 'ERR_OPERATIONS',
      message: expect.stringContaining(`127.0.0.1:${port} (EADDRINUSE): pass another address`) as string,
    });
  });
});

describe('a page that everybody could see is refused, with what to do', () => {
  const refusal = (message: string) =>
    expect.objectContaining({ code: 'ERR_OPERATIONS', message: expect.stringContaining(message) as string });

  it.each<[string, OperationsOptions]>([
    ['no options', {}],
    ['no guard', { guards: [] }],
    ['a path alone', { path: 'ops' }],
  ])('%s', (_what, options) => {
    expect(() => OperationsModule.forRoot(options)).toThrow(
      refusal('pass guards, such as { guards: [StaffGuard] }, or a loopback'),
    );
  });

  it('guards beside a server of its own, which has none', () => {
    expect(() => OperationsModule.forRoot({ guards: [StaffGuard], listen: '127.0.0.1:0' })).toThrow(
      refusal('pass one of them'),
    );
  });

  it.each([
    '0.0.0.0:9464',
    ':9464',
    '9464',
    '[::]:9464',
    '10.0.0.1:9464',
    'example.org:9464',
    '127.0.0.1',
    '127.0.0.1:99999',
    '::1:9464',
    '128.0.0.1:1',
    '[127.0.0.1]:1',
    'localhost',
  ])('a server at %s', (listen) => {
    expect(() => OperationsModule.forRoot({ listen })).toThrow(
      refusal('listen must be a loopback address with a port'),
    );
  });

  it.each([undefined, null, {}, Array, 'StaffGuard'])('a guard that is %s', (guard) => {
    expect(() => OperationsModule.forRoot({ guards: [guard as never] })).toThrow(refusal('canActivate()'));
  });

  it.each(['', '/', 'ops/:id', '../ops', 'ops?x', 'ops//x', '*'])('the path %j', (path) => {
    expect(() => OperationsModule.forRoot({ guards: [StaffGuard], path })).toThrow(
      refusal('path must be a path'),
    );
  });
});
