import assert from 'node:assert/strict';
import { collecting } from '../collector.mjs';

const headers = { authorization: 'Bearer a-token-of-a-client' };

export default {
  'spans have the release, and hold no secret and no cached value': ({ serve, redis }) =>
    collecting((address, bodies) => {
      const TRACES_URL = `http://${address}/v1/traces`;
      return serve(
        { TRACES_URL, CACHE_URL: redis, CACHE_NAMESPACE: 'orders', RELEASE: '1.4.2' },
        async (url, stop) => {
          for (let count = 0; count < 2; count++) await fetch(`${url}/orders`, { headers });
          assert.equal(await stop(), 0);
          const traces = bodies().flatMap((body) => JSON.parse(body).resourceSpans);
          const attributes = traces[0].resource.attributes.map(({ key, value }) => [key, value.stringValue]);
          assert.equal(Object.fromEntries(attributes)['service.version'], '1.4.2');
          assert.equal(Object.fromEntries(attributes)['service.name'], 'orders');
          const spans = traces.flatMap(({ scopeSpans }) => scopeSpans).flatMap((scope) => scope.spans);
          assert.ok(
            spans.some(({ name }) => name.startsWith('GET')),
            'requests',
          );
          assert.ok(
            spans.some(({ name }) => /SET/.test(name)),
            'commands of the cache',
          );
          const sent = bodies().join('\n');
          for (const text of ['a cached order', 'a-token-of-a-client', 'kFq0W8m3xTzR'])
            assert.ok(!sent.includes(text), text);
        },
      );
    }),
  'an invalid address is reported before Nest starts': async ({ run }) => {
    const { code, stderr } = await run({ TRACES_URL: 'collector' });
    assert.equal(code, 78);
    assert.match(stderr, /TRACES_URL/);
  },
};
