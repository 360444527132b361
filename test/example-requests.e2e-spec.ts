import { once } from 'node:events';
import { createConnection } from 'node:net';
import { expect, it } from 'vitest';
import { ExampleProcess } from './support/example-process.js';
import { SECRET_KEY } from './support/keys.js';
import { describeWithServer } from './support/real-server.js';

const ADA = JSON.stringify({ name: 'ada', password: 'correct horse battery staple' });
const JSON_TYPE = { 'content-type': 'application/json' };

/** Prints the timeouts of the HTTP server when it opens its port. */
const SHOW_TIMEOUTS = `
  import { Server } from 'node:http';
  const { listen } = Server.prototype;
  Server.prototype.listen = function (...args) {
    const { headersTimeout, requestTimeout, keepAliveTimeout } = this;
    console.log(JSON.stringify({ headersTimeout, requestTimeout, keepAliveTimeout }));
    return listen.apply(this, args);
  };`;

async function start() {
  const example = new ExampleProcess({
    NODE_ENV: 'production',
    SECRET_KEY,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(SHOW_TIMEOUTS)}`,
  });
  try {
    return await example.listening();
  } catch (error) {
    await example.stop();
    throw error;
  }
}

describeWithServer('the example', start, (server) => {
  const send = (method: string, path: string, headers: Record<string, string>, body?: string) =>
    fetch(server().url(path), {
      method,
      headers: { connection: 'close', ...headers },
      // A text would get a Content-Type.
      body: body === undefined ? null : Buffer.from(body),
    });

  it.each([
    'text/plain',
    'text/plain; application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=application/json',
    'application/jsonp',
    'application/json, text/plain',
  ])('returns 415 for a body in JSON that is sent as %s', async (type) => {
    for (const [method, path] of [
      ['POST', '/accounts'],
      ['POST', '/session'],
      ['DELETE', '/session'],
    ] as const) {
      const response = await send(method, path, { 'content-type': type }, ADA);
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({ message: expect.stringContaining('application/json') });
    }
  });

  it('returns 415 for a body without a Content-Type, also if it has no Content-Length', async () => {
    expect((await send('POST', '/session', {}, ADA)).status).toBe(415);
    const chunked = `POST /session HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    expect(await answer(`${chunked}${ADA.length.toString(16)}\r\n${ADA}\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 415 /,
    );
  });

  it('reads JSON with parameters of its type in any case, and returns 400 for fields of a form', async () => {
    const types = ['application/json; charset=utf-8', 'Application/JSON'];
    for (const type of types)
      expect((await send('POST', '/session', { 'content-type': type }, ADA)).status).toBe(401);
    expect((await send('POST', '/session', JSON_TYPE, 'name=ada&password=12345678')).status).toBe(400);
  });

  it.each(['cross-site', 'same-site', 'same-origin, cross-site', ''])(
    'returns 403 if Sec-Fetch-Site is %j, for each method that is not safe',
    async (site) => {
      const headers = { ...JSON_TYPE, 'sec-fetch-site': site };
      expect((await send('POST', '/session', headers, ADA)).status).toBe(403);
      expect((await send('POST', '/accounts', headers, ADA)).status).toBe(403);
      expect((await send('DELETE', '/session', headers)).status).toBe(403);
    },
  );

  it('lets pages of other sites read, and its own pages and the user do everything', async () => {
    expect((await send('GET', '/products?limit=1', { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
    for (const site of ['same-origin', 'none'])
      expect((await send('DELETE', '/session', { 'sec-fetch-site': site })).status).toBe(204);
  });

  it('compares Origin with the host if Sec-Fetch-Site is absent, and lets a client without both in', async () => {
    const statusOf = async (headers: Record<string, string>) =>
      (await send('DELETE', '/session', headers)).status;
    const { host } = server().url('/');
    expect(await statusOf({})).toBe(204);
    expect(await statusOf({ origin: `http://${host}` })).toBe(204);
    for (const origin of ['https://attacker.example', `http://${host}.attacker.example`, 'null', ''])
      expect(await statusOf({ origin })).toBe(403);
  });

  it('does not name its framework', async () => {
    for (const path of ['/products?limit=1', '/absent', '/livez'])
      expect((await server().get(path)).headers.get('x-powered-by')).toBeNull();
  });

  it('waits 10 s for headers, 30 s for a request, and longer on an idle connection than balancers do', () => {
    const [, shown = '{}'] = /^(\{"headersTimeout".*\})$/m.exec(server().stdout) ?? [];
    expect(JSON.parse(shown)).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 65_000,
    });
  });

  /** What the service answers to these bytes. */
  async function answer(request: string): Promise<string> {
    const { hostname, port } = server().url('/');
    const socket = createConnection(Number(port), hostname.replace(/[[\]]/g, ''));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.write(request);
    await once(socket, 'close');
    return text;
  }
});
