import assert from 'node:assert/strict';

export default {
  'limits come from the settings, hits count, probes do not': ({ serve }) =>
    serve({ RATE_LIMIT: '3', RATE_WINDOW: '5m' }, async (url) => {
      // The first request was the one that waited for the service.
      const answers = [];
      for (let count = 0; count < 3; count++) answers.push(await fetch(`${url}/orders`));
      assert.deepEqual(
        answers.map(({ status, headers }) => `${status} ${headers.get('x-cache')}`),
        ['200 MISS', '200 HIT', '200 HIT'],
      );
      const limited = await fetch(`${url}/orders`);
      assert.equal(limited.status, 429);
      assert.ok(Number(limited.headers.get('retry-after')) > 200, 'the window is in milliseconds');
      for (let count = 0; count < 5; count++) assert.equal((await fetch(`${url}/readyz`)).status, 200);
    }),
};
