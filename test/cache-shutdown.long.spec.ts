import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startOwnMemcached, startOwnRedis } from './support/cache-servers.js';
import { startNode } from './support/cache-node.js';
import { SECRET_KEY } from './support/keys.js';
import type { OwnServer } from './support/own-server.js';
import { describeWithServer } from './support/real-server.js';
import { ROOT } from './support/run.js';
import { Stalls } from './support/stalls.js';

interface Ended {
  readonly code: number | null;
  readonly lines: string[];
  readonly stderr: string;
  /** How many milliseconds the process ran after it was done, without the stalls of this process. */
  readonly lingered: number;
}

/** Runs a script and reports each line of output. A process that does not end by itself is killed, without a code. */
function run(
  script: string,
  args: string[],
  url: string,
  onLine = (_line: string): unknown => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: tmpdir(),
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      SECRET_KEY,
      CACHE_URL: url,
      CACHE_NAMESPACE: 'shop',
      CACHE_TIMEOUT_MS: '100',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stalls = new Stalls();
  const lines: string[] = [];
  let [stderr, doneAt] = ['', NaN];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      lines.push(line);
      if (line === 'done') doneAt = performance.now();
      onLine(line);
    }
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000);
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      clearTimeout(limit);
      const lingered = stalls.since(doneAt);
      stalls.stop();
      resolve({ code, lines, stderr, lingered });
    });
  });
}

const service = (way: string, server: OwnServer, onLine?: (line: string) => unknown) =>
  run(join(ROOT, '.build/test/fixtures/shared-cache.app.js'), [way], server.url, onLine);

/** Restarts the server for the next test. */
async function renew(server: OwnServer): Promise<void> {
  server.thaw();
  await server.kill();
  await server.start();
}

const HURT: Record<string, (server: OwnServer) => unknown> = {
  'is up': () => undefined,
  'is frozen': (server) => server.freeze(),
  'is down': (server) => server.kill(),
};
const OWN = { Redis: () => startOwnRedis(), memcached: startOwnMemcached };

describe.each(['Redis', 'memcached'] as const)('a service with a cache on %s', (name) => {
  describeWithServer('that is closed', OWN[name], (server) => {
    it('serves in-flight requests from the shared cache, and ends', async () => {
      const other = await startNode({
        CACHE_URL: server().url,
        CACHE_NAMESPACE: 'shop',
        CACHE_TIMEOUT_MS: '1000',
      });
      let asked = false;
      const { code, lines, stderr, lingered } = await service('in-flight', server(), (line) => {
        if (line !== 'asked') return;
        asked = true;
        // Setting it only after the service starts to close could be too late: it reads 600 ms after the request.
        void other.cache.set('set-before', 'by another');
      });
      expect(asked).toBe(true);
      expect({ code, lines, stderr }).toEqual({
        code: 0,
        lines: ['asked', '{"found":"by another"}', 'done'],
        stderr: '',
      });
      expect(await other.cache.get('set-while-closing')).toBe('shared');
      expect(lingered).toBeLessThan(2000);
    });

    it.each(Object.keys(HURT))('ends by itself while its server %s', async (how) => {
      onTestFinished(() => renew(server()));
      const ended = await service('close', server(), (line) =>
        line === 'ready' ? HURT[how]!(server()) : undefined,
      );
      expect(ended).toMatchObject({ code: 0, lines: ['ready', 'done'], stderr: '' });
      expect(ended.lingered).toBeLessThan(3000);
    });

    it.each(['is frozen', 'is down'])('ends by itself if its server %s the whole time', async (how) => {
      onTestFinished(() => renew(server()));
      await HURT[how]!(server());
      const ended = await service('close', server());
      expect(ended).toMatchObject({ code: 0, lines: ['ready', 'done'], stderr: '' });
      expect(ended.lingered).toBeLessThan(3000);
    });
  });
});

describeWithServer(
  'a script with a cache on Redis',
  () => startOwnRedis(),
  (server) => {
    it.each(Object.keys(HURT))('ends without close() while its server %s', async (how) => {
      onTestFinished(() => renew(server()));
      const ended = await service('script', server(), (line) =>
        line === 'ready' ? HURT[how]!(server()) : undefined,
      );
      expect(ended).toMatchObject({ code: 0, lines: ['ready', 'done'], stderr: '' });
      expect(ended.lingered).toBeLessThan(3000);
    });
  },
);

describe('without the client package', () => {
  it.each([
    ['redis://127.0.0.1:1', '@redis/client'],
    ['valkey://127.0.0.1:1', '@redis/client'],
    ['memcached://127.0.0.1:1', 'memjs'],
  ])(
    'a service with %s does not boot and names the package to install, as check does',
    async (url, missing) => {
      const folder = mkdtempSync(join(tmpdir(), 'without-client-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const own = join(folder, 'node_modules/nestjs-production-config');
      mkdirSync(own, { recursive: true });
      cpSync(join(ROOT, 'dist'), join(own, 'dist'), { recursive: true });
      cpSync(join(ROOT, 'package.json'), join(own, 'package.json'));
      for (const name of readdirSync(join(ROOT, 'node_modules'))) {
        if (missing === name || missing.startsWith(`${name}/`) || name.startsWith('.')) continue;
        symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
      }
      const script = join(folder, 'app.mjs');
      writeFileSync(
        script,
        `import 'reflect-metadata';
      import { NestFactory } from '@nestjs/core';
      import { MissingPackageError, ProductionConfigModule } from 'nestjs-production-config';
      try {
        await NestFactory.createApplicationContext(ProductionConfigModule.forRoot(), { logger: false, abortOnError: false });
      } catch (error) {
        console.log(error instanceof MissingPackageError, error.code);
        console.log(error.message);
      }`,
      );
      const { lines, stderr } = await run(script, [], url);
      expect({ lines, stderr }).toEqual({
        lines: [
          'true ERR_MISSING_PACKAGE',
          expect.stringMatching(new RegExp(`needs the package ${missing}: npm i ${missing}$`)),
        ],
        stderr: '',
      });

      const check = await run(join(own, 'dist/cli/main.js'), ['check'], url);
      expect(check.code).toBe(1);
      expect(check.lines.join('\n')).toContain(`needs the package ${missing}, which is not installed`);
    },
  );
});
