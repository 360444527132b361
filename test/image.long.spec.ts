import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startRedis } from './support/cache-servers.js';
import { buildContext, instructionsOf, replay, type Image } from './support/dockerfile.js';
import { SECRET_KEY } from './support/keys.js';
import { freePort } from './support/own-server.js';
import { startPostgres } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';

import { ROOT } from './support/run.js';

// The build installs from the registry.
vi.setConfig({ hookTimeout: 600_000 });

const DOCKERFILE = 'example/Dockerfile';
const isRoot = process.getuid?.() === 0;

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}
const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

const promoted = instructionsOf(readFileSync(join(ROOT, DOCKERFILE), 'utf8'))
  .filter(([, rest]) => rest.startsWith('node example/dependencies.mjs '))
  .flatMap(([, rest]) => rest.split(/\s+/).slice(2));

/** Builds the image and starts its servers. Its secrets are files. */
async function build() {
  const [postgres, redis] = [await startPostgres(), await startRedis()];
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  const stop = async () => {
    await Promise.all([postgres?.stop(), redis?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  if (postgres === undefined || redis === undefined) return stop().then(() => undefined);
  try {
    const image = replay(DOCKERFILE, folder);
    const secrets = join(folder, 'secrets');
    mkdirSync(secrets);
    const values = { SECRET_KEY, DATABASE_URL: postgres.url, CACHE_URL: redis.url };
    for (const [name, value] of Object.entries(values)) writeFileSync(join(secrets, name), `${value}\n`);
    return { image, env: { SECRETS_DIR: secrets, CACHE_NAMESPACE: 'image' }, stop };
  } catch (error) {
    await stop();
    const { stderr } = error as { stderr?: Buffer };
    // An unreachable registry is not a defect of the image.
    if (process.env['CI'] !== 'true' && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED/.test(String(stderr)))
      return undefined;
    throw stderr === undefined ? error : new Error(`A step failed:\n${stderr.toString()}`, { cause: error });
  }
}

describeWithServer('the image of the example', build, (server) => {
  /** The folder, environment and user of the image; the user only if this process may switch to it. */
  const options = (env: Readonly<Record<string, string>>) => {
    const { image } = server();
    const user = isRoot ? { uid: image.user, gid: image.user } : {};
    return { cwd: image.directory, env: { PATH: process.env['PATH'], ...image.env, ...env }, ...user };
  };
  const runHere = ([program = '', ...args]: Image['command'], env = {}) =>
    spawnSync(program, args, { ...options({ ...server().env, ...env }), encoding: 'utf8' });

  /** Resolves when the health check of the image succeeds. */
  const healthy = (port: string) =>
    expect.poll(() => runHere(server().image.healthcheck, { PORT: port }).status).toBe(0);

  it('is healthy on PostgreSQL and Redis, with secrets from files, and stops on SIGTERM', async () => {
    const port = String(await freePort());
    expect(runHere(server().image.healthcheck, { PORT: port }).status).toBe(1);
    const [program = '', ...args] = server().image.command;
    const child = track(spawn(program, args, options({ ...server().env, PORT: port })));
    await healthy(port);

    const { cache } = (await (await fetch(`http://127.0.0.1:${port}/health`)).json()) as {
      cache: { shared: unknown };
    };
    expect(cache.shared).toMatchObject({ breaker: 'closed' });
    expect(await (await fetch(`http://127.0.0.1:${port}/products?limit=1`)).json()).toHaveLength(1);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('stops as process 1 of its container, although the system ignores unhandled signals there', async ({
    skip,
  }) => {
    if (!isRoot || spawnSync('unshare', ['--pid', '--fork', 'true']).status !== 0) {
      console.warn('SKIPPED: this user can make no PID namespace');
      return skip('this user can make no PID namespace');
    }
    const port = String(await freePort());
    const { image, env } = server();
    const { uid, gid, ...rest } = { uid: 0, gid: 0, ...options({ ...env, PORT: port }) };
    const as = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    const outer = track(spawn('unshare', ['--pid', '--fork', '--kill-child', ...as, ...image.command], rest));
    await healthy(port);
    const first = Number(readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8'));
    expect(readFileSync(`/proc/${first}/status`, 'utf8')).toMatch(/^NSpid:\s+\d+\s+1$/m);
    process.kill(first, 'SIGTERM');
    expect(await once(outer, 'exit')).toEqual([0, null]);
  });

  it('contains only the devDependencies that the example needs, and nothing else of the repository', () => {
    const { directory } = server().image;
    const { packages } = JSON.parse(
      readFileSync(join(directory, 'node_modules/.package-lock.json'), 'utf8'),
    ) as { packages: Readonly<Record<string, { readonly dev?: boolean }>> };
    expect(Object.entries(packages).flatMap(([path, { dev }]) => (dev === true ? [path] : []))).toEqual([]);
    for (const name of ['@nestjs/cli', '@types/pg', 'typescript', 'vitest']) {
      expect(existsSync(join(directory, 'node_modules', name))).toBe(false);
    }
    expect(readdirSync(directory).toSorted()).toEqual(['.build', 'dist', 'node_modules', 'package.json']);
    expect(readdirSync(join(directory, '.build'))).toEqual(['example']);
    const locked = (name: string) =>
      (
        JSON.parse(readFileSync(join(directory, 'node_modules', name, 'package.json'), 'utf8')) as {
          version: string;
        }
      ).version;
    expect(promoted.map((name) => `${name} ${locked(name)}`)).toEqual(
      promoted.map((name) => `${name} ${devDependencies[name]}`),
    );
  });

  it('contains no file that its user can change', ({ skip }) => {
    if (!isRoot) skip('only root can tell a file that another user may change');
    const asUser = runHere(['find', '.', '-writable', '-not', '-type', 'l']);
    expect(asUser).toMatchObject({ status: 0, stdout: '' });
  });

  it('checks its environment with its own command', () => {
    const command = ['node', 'dist/cli/main.js', 'check', '--config', '.build/example/app.config.js'];
    const { status, stdout } = runHere(command);
    expect(stdout).toContain('SECRETS_DIR');
    expect(status).toBe(0);
    expect(runHere(command, { PAGE_SIZE: '0' }).status).toBe(1);
  });
});

it('the image contains the packages that the example and the library import', () => {
  const imported = ['src', 'example']
    .flatMap((room) =>
      readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)),
    )
    .filter((name) => name.endsWith('.ts') && !name.startsWith('src/swagger'))
    .flatMap((name) => [
      ...readFileSync(join(ROOT, name), 'utf8').matchAll(/\b(?:from |import\()'([^'.][^']*)'/g),
    ])
    .map(([, specifier = '']) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0]);
  // cache-manager and reflect-metadata are peers of Nest's own packages. Optional ones that the example does not use
  // are not needed, nor is the embedded database: in production there is a server. TypeScript is for `nest add`.
  const needed = new Set([...imported, 'cache-manager', 'reflect-metadata']);
  const unused = new Set([
    '@electric-sql/pglite',
    '@electric-sql/pglite-prepopulatedfs',
    'class-transformer',
    'memjs',
    'prom-client',
    'typescript',
  ]);
  const expected = [...needed].filter((name) => name in devDependencies && !unused.has(name));
  expect(promoted.toSorted()).toEqual(expected.toSorted());
});

it('a build of the image receives no secrets, no history and no earlier build output', () => {
  const seen = buildContext();
  expect(seen).toEqual(expect.arrayContaining(['src', 'example', 'package-lock.json']));
  for (const name of ['.env', '.git', 'dist', 'node_modules', 'secrets', 'test'])
    expect(seen).not.toContain(name);
});

function track(child: ChildProcess): ChildProcess {
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
