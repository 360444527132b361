import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { until } from '../../support/consumer.mjs';

const SERVERS = [
  ['apollo', 'express'],
  ['apollo', 'fastify'],
  ['mercurius', 'fastify'],
];
const SCHEMA = '{ __schema { queryType { name } } }';
const PASSWORD = 'a-password-in-an-error';

/** The client closes its second connection before it is open. */
class QuietWebSocket extends WebSocket {
  constructor(...arguments_) {
    super(...arguments_);
    this.on('error', () => undefined);
  }
}

export default {
  'resolvers cache and page for themselves, errors and schema are hidden, a shutdown loses no query': (
    recipe,
  ) =>
    onEach(recipe, { NODE_ENV: '' }, async (url, stop, output, server) => {
      await leaveResolversAlone(url);
      await hideErrors(url, server, output);
      assert.ok('errors' in (await ask(url, SCHEMA)));
      assert.equal(await hasPage(url, server), false);
      assert.equal((await subscribe(url, SCHEMA)).at(-1).type, 'error');
      await endGracefully(url, stop, output, recipe.project.folder);
    }),
  'the setting shows schema and GraphiQL': (recipe) =>
    onEach(
      recipe,
      { GRAPHQL_EXPLORER: 'true' },
      async (url, stop, output, server) => {
        assert.deepEqual((await ask(url, SCHEMA)).data, { __schema: { queryType: { name: 'Query' } } });
        assert.equal(await hasPage(url, server), true);
        // Mercurius has no queries on WebSockets.
        const last = server === 'apollo' ? 'complete' : 'error';
        assert.equal((await subscribe(url, SCHEMA)).at(-1).type, last);
      },
      SERVERS.slice(1),
    ),
};

async function leaveResolversAlone(url) {
  const answers = [];
  for (const field of ['runsOfResolver', 'runsOfResolver', 'runsOfLoad', 'runsOfLoad'])
    answers.push((await ask(url, `{ ${field} }`)).data[field]);
  assert.deepEqual(answers, [1, 2, 3, 3]);
  assert.equal((await ask(url, '{ all }')).data.all.length, 500);
  assert.equal((await ask(url, '{ orders(first: 500) }')).data.orders.length, 100);
  const { errors } = await ask(url, '{ orders(first: 0) }');
  assert.equal(errors[0].extensions.originalError.code, 'ERR_PAGE_REQUEST');
}

async function hideErrors(url, server, output) {
  const seen = [];
  for (const field of ['broken', 'mistyped', 'missing', 'limited', 'unknown']) {
    const answer = await ask(url, `{ ${field} }`);
    assert.doesNotMatch(JSON.stringify(answer), /stack|node_modules/);
    seen.push(answer.errors[0].message);
  }
  assert.deepEqual(seen, [
    'Internal server error',
    'Internal server error',
    'no such order',
    'too many orders',
    'Cannot query field "unknown" on type "Query".',
  ]);
  assert.ok(output().includes(`cannot connect with ${PASSWORD}`), 'Nest logs it');
  const isSent = async (query) => JSON.stringify(await subscribe(url, query)).includes(PASSWORD);
  assert.equal(await isSent('subscription { brokenTicks }'), server === 'mercurius');
  assert.equal(await isSent('{ broken }'), false);
}

async function endGracefully(url, stop, output, folder) {
  const { createClient } = createRequire(join(folder, 'main.js'))('graphql-ws');
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: QuietWebSocket,
    lazy: false,
    onNonLazyError: () => undefined,
  });
  const ticks = client.iterate({ query: 'subscription { ticks }' });
  assert.deepEqual((await ticks.next()).value, { data: { ticks: 0 } });
  const seen = (event) =>
    new Promise((resolve) => {
      client.on(event, resolve);
    });
  const [closed, connectsAgain] = [seen('closed'), seen('connecting')];
  const slow = ask(url, '{ slow }');
  await until(async () => (await ticks.next(), output().includes('begins')));
  assert.equal(await stop(), 0);
  assert.deepEqual((await slow).data, { slow: 1 });
  assert.equal((await closed).code, 1001);
  assert.equal(await connectsAgain, true);
  client.terminate();
  await client.dispose();
  assert.match(output(), /the generator has ended/);
  assert.doesNotMatch(output(), /Cut off/);
}

function onEach({ serve }, env, use, servers = SERVERS) {
  return Promise.all(
    servers.map((arguments_) => serve(env, (...tools) => use(...tools, arguments_[0]), arguments_)),
  );
}

async function ask(url, query) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

async function hasPage(url, server) {
  const path = server === 'apollo' ? 'graphql' : 'graphiql';
  const page = await fetch(`${url}/${path}`, { headers: { accept: 'text/html' } });
  return (await page.text()).toLowerCase().includes('<html');
}

/** All messages of one operation over a WebSocket. */
async function subscribe(url, query) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const messages = [];
  const ended = new Promise((resolve) => {
    socket.on('message', (text) => {
      const message = JSON.parse(text);
      messages.push(message);
      if (message.type === 'connection_ack')
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
      if (['error', 'complete'].includes(message.type)) resolve();
    });
  });
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await ended;
  socket.close();
  return messages;
}
