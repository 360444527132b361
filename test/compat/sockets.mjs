// How a shutdown ends the connections that do not end by themselves, seen by a client of each protocol.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { ENV } from './scenario.mjs';

/** What a client sees, by the protocol. A client resolves to it once the service has ended the connection. */
const PROTOCOLS = {
  ws: { ends: seenByWebSocket },
  'socket.io': { ends: seenBySocketIo },
  // Nest's adapter for Express has no HTTP/2.
  http2: { ends: seenByHttp2, adapters: ['fastify'], reach: pingHttp2 },
};

/** The pairs of an adapter and a protocol that it has. */
export function socketsOf(adapters) {
  return Object.entries(PROTOCOLS).flatMap(([protocol, { adapters: having = adapters }]) =>
    adapters.filter((adapter) => having.includes(adapter)).map((adapter) => ({ adapter, protocol })),
  );
}

export async function endSockets(consumer, { sockets, adapter, protocol, node }) {
  const { ends, reach } = PROTOCOLS[protocol];
  await consumer.serve([sockets, adapter, protocol], ENV, ends, { node, reach });
}

async function seenByWebSocket(url, stop) {
  const client = new WebSocket(url.replace('http', 'ws'));
  await once(client, 'open');
  const closed = once(client, 'close');
  assert.equal(await stop(), 0);
  assert.equal((await closed)[0], 1001);
}

async function seenBySocketIo(url, stop) {
  const clients = ['websocket', 'polling'].map((transport) =>
    io(url, { transports: [transport], reconnection: false }),
  );
  await Promise.all(clients.map((client) => once(client, 'connect')));
  const closed = clients.map((client) => once(client.io.engine, 'close'));
  assert.equal(await stop(), 0);
  const [[reason, details], poll] = await Promise.all(closed);
  assert.deepEqual([reason, details.context.code], ['transport close', 1001]);
  assert.deepEqual(poll, ['transport close', { description: 'transport closed by the server' }]);
}

async function seenByHttp2(url, stop) {
  const session = connect(url);
  const goaway = once(session, 'goaway');
  const slow = read(session, '/slow');
  // Once this one is answered, the service has the other one, too.
  await read(session, '/livez');
  assert.equal(await stop(), 0);
  assert.equal(await slow, '{"slow":true}');
  // NO_ERROR: the session ends after its requests.
  assert.equal((await goaway)[0], 0);
}

async function read(session, path) {
  return (await session.request({ ':path': path }).setEncoding('utf8').toArray()).join('');
}

/** Throws if nothing listens yet. */
async function pingHttp2(url) {
  const session = connect(url);
  await once(session, 'connect').finally(() => session.destroy());
}
