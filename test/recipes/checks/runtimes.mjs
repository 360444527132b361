import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SERVICE_ENV, until } from '../../support/consumer.mjs';

const PERMISSIONS = ['env', 'read', 'net', 'sys'].map((name) => `--allow-${name}`);
const RUNTIMES = { bun: [], deno: ['run', ...PERMISSIONS] };
const ADAPTERS = ['express', 'fastify'];

export default Object.fromEntries(
  Object.entries(RUNTIMES).flatMap(([runtime, options]) => [
    [
      `${runtime} prints the boot report`,
      async ({ project }) => {
        const args = [...options, 'dist/runtimes/main.js'];
        const { code, stderr } = await project.node(args, {
          node: programOf(runtime, project),
          env: { ...SERVICE_ENV, SECRET_KEY: 'changeme', PAGE_SIZE: '5000' },
        });
        assert.equal(code, 78);
        assert.match(stderr, /2 problems[^]*SECRET_KEY +is too short[^]*PAGE_SIZE/);
      },
    ],
    [
      `${runtime} caches, lists, and loses no request in a shutdown`,
      ({ project, redis }) =>
        Promise.all(
          ADAPTERS.map((adapter) =>
            project.serve(
              [...options, 'dist/runtimes/main.js', adapter],
              { ...SERVICE_ENV, CACHE_URL: redis, CACHE_NAMESPACE: `${runtime}-${adapter}` },
              worksAndEnds,
              { node: programOf(runtime, project) },
            ),
          ),
        ),
    ],
  ]),
);

/** The program itself: a script that starts it would not pass signals on. */
function programOf(runtime, { folder }) {
  if (runtime === 'bun') return join(folder, 'node_modules/.bin/bun');
  const { arch } = process;
  const packages = createRequire(join(folder, 'node_modules/deno/package.json'));
  return join(packages.resolve(`@deno/linux-${arch}-glibc/package.json`), '../deno');
}

async function worksAndEnds(url, stop, output) {
  const counts = [await fetch(`${url}/orders/count`), await fetch(`${url}/orders/count`)];
  assert.deepEqual(
    counts.map(({ headers }) => headers.get('x-cache')),
    ['MISS', 'HIT'],
  );
  const first = await (await fetch(`${url}/orders?limit=2`)).json();
  const second = await fetch(`${url}/orders?limit=2&after=${first.page.next}`);
  assert.deepEqual((await second.json()).items, [{ id: 3 }, { id: 4 }]);
  assert.equal((await fetch(`${url}/orders?after=forged`)).status, 400);

  const events = await fetch(`${url}/orders/events`);
  const stream = events.text();
  const slow = Array.from({ length: 8 }, () => fetch(`${url}/orders/slow`));
  await until(() => output().split('begins').length > slow.length);
  assert.equal(await stop(), 0);
  for (const response of await Promise.all(slow)) assert.equal(response.status, 200);
  assert.match(await stream, /data: /);
  assert.doesNotMatch(output(), /WARN|ERROR/);
}
