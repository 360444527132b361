import assert from 'node:assert/strict';
import { until } from '../../support/consumer.mjs';

export default {
  'a job that runs at the signal ends before the connections close': ({ serve, redis }) =>
    serve({ QUEUE_URL: redis, CACHE_URL: redis, CACHE_NAMESPACE: 'orders' }, async (url, stop, output) => {
      const { status } = await fetch(`${url}/mails`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"to":"ann"}',
      });
      assert.equal(status, 201);
      await until(() => output().includes('begins ann'));
      assert.equal(await stop(), 0);
      assert.match(output(), /begins ann[^]*sent ann[^]*closes/);
      assert.doesNotMatch(output(), /WARN|ERROR/);
    }),
};
