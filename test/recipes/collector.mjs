import { createServer } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** Runs `use` with the address of a server that accepts everything, and a function that returns all it got. */
export async function collecting(use) {
  const bodies = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    bodies.push(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`127.0.0.1:${server.address().port}`, () => bodies.map(String));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
