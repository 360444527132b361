// The behaviour that a service with the package must have on every platform.
import assert from 'node:assert/strict';
import { basename } from 'node:path';

const KEY = 'kFq0W8m3xTzR6vYb1NcJ9sLhUeD2pGaX7iOo5tKw4Qg';
export const ENV = {
  SECRET_KEY: KEY,
  NODE_ENV: 'production',
  CACHE_MAX_ENTRIES: '100',
  LOG_LEVEL: 'warn',
  DRAIN_SECONDS: '0',
  MAIL_HOST: 'mail.example',
  MAIL_PASSWORD: 'smtp-password',
  MAIL_TLS_VERIFY: 'no',
  S3_BUCKET: 'orders',
};
const REPORT = 'Configuration rejected: 1 problem (AppConfig)';

export async function prove(consumer, { main, adapter, node }) {
  await refusesToStart(consumer, [main, adapter], node, 78);
  await refusesToStart(consumer, [main, adapter, 'module'], node);
  await refusesToStart(consumer, [main, adapter, 'own-logger'], node);
  await consumer.serve([main, adapter], ENV, worksAsPromised, { node });
}

/** Checks that the service exits before it listens, and reports the reason once. */
async function refusesToStart(consumer, args, node, exitCode) {
  const { code, stdout, stderr } = await consumer.node(args, { node, env: { NODE_ENV: 'production' } });
  const said = stdout + stderr;
  if (exitCode === undefined) assert.notEqual(code, 0, said);
  else assert.equal(code, exitCode, said);
  assert.equal(said.split(REPORT).length - 1, 1, `the report once, not:\n${said}`);
  assert.match(stderr, /SECRET_KEY {4}is missing/);
  assert.doesNotMatch(said, /listening|^\s+at /m);
}

async function worksAsPromised(url, stop) {
  const list = await fetch(`${url}/items?limit=1000000`);
  assert.equal(list.headers.get('link'), '<?limit=5&offset=5>; rel="next"');
  assert.deepEqual(
    await list.json(),
    [0, 1, 2, 3, 4].map((id) => ({ id })),
  );

  const first = await (await fetch(`${url}/pages?limit=2`)).json();
  const { items } = await (await fetch(`${url}/pages?limit=2&after=${first.page.next}`)).json();
  assert.deepEqual(items, [{ id: 2 }, { id: 3 }]);
  assert.equal((await fetch(`${url}/pages?limit=0`)).status, 400);

  const answers = [await fetch(`${url}/cached`), await fetch(`${url}/cached`)];
  assert.deepEqual(
    answers.map(({ headers }) => headers.get('x-cache')),
    ['MISS', 'HIT'],
  );
  for (const answer of answers) assert.deepEqual(await answer.json(), { made: 1 });

  assert.equal((await (await fetch(`${url}/stream?limit=3`)).json()).length, 3);
  assert.deepEqual(await (await fetch(`${url}/open`)).json(), { open: 0 });

  const proof = async (of) => (await fetch(`${url}/proof/${of}`)).json();
  assert.deepEqual(await proof('cache'), { kept: { answer: 42 }, brief: 'expired', loads: 2, entries: 100 });
  assert.deepEqual(await proof('data'), { isDate: true, isSet: true });
  assert.deepEqual(await proof('metrics'), { names: ['cache_entries', 'cache_hits_total'] });
  assert.deepEqual(await proof('config'), {
    region: 'eu',
    port: 'number',
    refused: 'ERR_CONFIG_DEFINITION',
    frozen: true,
    shown: false,
  });
  assert.deepEqual(await proof('groups'), {
    mail: ['mail.example', 587, 'smtp-password'],
    read: 'mail.example',
    verify: false,
    isInjected: true,
    files: 'orders',
    hasArchive: false,
    shown: false,
  });
  assert.deepEqual(await (await fetch(`${url}/storage`)).json(), { stored: true });
  assert.equal((await fetch(`${url}/archive`)).status, 404);
  assert.deepEqual(await proof('keys'), { verified: 'current' });

  const method = async (of, tenant = 'a') =>
    (await fetch(`${url}/methods/${of}`, { headers: { 'x-tenant': tenant } })).json();
  assert.deepEqual(await method('stock'), [1, 1, 2]);
  for (const [tenant, runs] of [
    ['a', 1],
    ['a', 1],
    ['b', 2],
    ['a', 2],
  ]) {
    assert.deepEqual(await method('price', tenant), { price: `${tenant} 1`, runs });
  }

  await showsOperations(url);

  const { paths } = await (await fetch(`${url}/openapi`)).json();
  assert.ok(!Object.keys(paths).some((path) => path.startsWith('/ops')));
  const limit = paths['/pages'].get.parameters.find(({ name }) => name === 'limit');
  assert.deepEqual(limit.schema, { type: 'integer', minimum: 1, default: 5, maximum: 5 });

  assert.equal((await fetch(`${url}/livez`)).status, 200);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  const events = (await fetch(`${url}/proof/events`)).body.pipeThrough(new TextDecoderStream()).getReader();
  let received = '';
  while (!/^data: tick$/m.test(received)) {
    const { value, done } = await events.read();
    assert.ok(!done, `the event stream ended after ${JSON.stringify(received)}`);
    received += value;
  }
  const slow = fetch(`${url}/proof/slow`);
  await fetch(`${url}/livez`);
  assert.equal(await stop(), 0);
  const completed = await slow;
  assert.equal(completed.headers.get('connection'), 'close');
  assert.deepEqual(await completed.json(), { connected: true });
  // Throws if the stream was cut instead of ended.
  while (!(await events.read()).done);
}

/** Checks the operations page, which shows nothing to somebody whom the guard refuses. */
async function showsOperations(url) {
  const [page, json, metrics] = await Promise.all(
    ['/ops', '/ops.json', '/ops/metrics'].map(async (path) => {
      assert.equal((await fetch(url + path)).status, 403);
      const admitted = await fetch(url + path, { headers: { 'x-staff': 'yes' } });
      assert.equal(admitted.status, 200);
      assert.equal(admitted.headers.get('cache-control'), 'no-store');
      return admitted.text();
    }),
  );
  assert.match(page, /^<!doctype html>[^]*mail\.example/);
  assert.match(metrics, /^cache_entries /m);
  const { schema, settings } = JSON.parse(json);
  assert.equal(schema, 1);
  const valueOf = (wanted) => settings.find(({ name }) => name === wanted).value;
  assert.deepEqual([valueOf('S3_BUCKET'), valueOf('MAIL_PASSWORD')], ['orders', '[redacted]']);
  for (const shown of [page, json, metrics]) {
    for (const secret of [KEY, ENV.MAIL_PASSWORD]) assert.ok(!shown.includes(secret));
  }
}

/** Checks that a process finds the value that an earlier process stored in the shared cache. */
export async function share(consumer, { main, node, cache }) {
  const CACHE_NAMESPACE = basename(consumer.folder);
  const env = { ...ENV, CACHE_URL: cache, CACHE_NAMESPACE, CACHE_TIMEOUT_MS: '2000' };
  const found = (value) =>
    consumer.serve(
      [main, 'express'],
      env,
      async (url) => (await fetch(`${url}/proof/shared/${value}`)).json(),
      { node },
    );
  assert.deepEqual(await found('first'), { before: null });
  assert.deepEqual(await found('second'), { before: 'first' });
}
