import assert from 'node:assert/strict';

const TOKEN = 'a-token-of-a-client';
const headers = { authorization: `Bearer ${TOKEN}`, cookie: `session=${TOKEN}` };

export default {
  'every line is JSON, and none holds a secret': ({ serve }) =>
    serve({}, async (url, stop, output) => {
      for (const path of ['/orders', '/orders/broken', '/livez']) await fetch(url + path, { headers });
      await stop();
      const lines = output()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.ok(
        lines.some(({ msg }) => msg.startsWith('Cache: at most')),
        'the boot is logged by pino',
      );
      const logged = lines.find(({ service }) => service !== undefined);
      assert.equal(logged.service.config.SECRET_KEY, '[redacted]');
      assert.equal(logged.service.config.LOG_LEVEL, 'log');
      const requests = lines.filter(({ res }) => res !== undefined);
      assert.deepEqual([...new Set(requests.map(({ req }) => req.url))].slice(-2), [
        '/orders',
        '/orders/broken',
      ]);
      assert.equal(requests.at(-1).req.headers.authorization, '[Redacted]');
      assert.match(requests.at(-1).err.stack, /no such table[^]*orders\.controller/);
      assert.ok(!output().includes(TOKEN));
      assert.ok(!output().includes('kFq0W8m3xTzR'));
      assert.ok(!requests.some(({ req }) => req.url === '/livez'), 'probes are not logged');
    }),
  'LOG_LEVEL is the level': ({ serve }) =>
    serve({ LOG_LEVEL: 'warn' }, async (url, stop, output) => {
      await fetch(`${url}/orders`);
      await stop();
      assert.equal(output(), '');
    }),
};
