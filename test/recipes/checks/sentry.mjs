import assert from 'node:assert/strict';
import { collecting } from '../collector.mjs';

const headers = { authorization: 'Bearer a-token-of-a-client', 'x-customer': 'ann-in-a-header' };

export default {
  'an error is reported without the request, local variables and keys': ({ serve }) =>
    collecting((address, bodies) =>
      serve({ SENTRY_DSN: `http://public@${address}/1`, RELEASE: '1.4.2' }, async (url, stop) => {
        const keys = await (await fetch(`${url}/sessions/keys`)).json();
        assert.equal((await fetch(`${url}/sessions`)).status, 404);
        assert.equal((await fetch(`${url}/sessions/broken?name=ann-in-the-url`, { headers })).status, 500);
        assert.equal(await stop(), 0);
        const sent = bodies().join('\n');
        const events = sent
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line))
          .filter(({ exception }) => exception !== undefined);
        assert.deepEqual(
          events.map(({ release, exception }) => `${release} ${exception.values[0].value}`),
          ['1.4.2 1 key cannot be used'],
        );
        const secrets = ['a-token-of-a-client', 'ann-in-a-header', 'ann-in-the-url', 'kFq0W8m3xTzR', ...keys];
        for (const text of secrets) assert.ok(!sent.includes(text), text);
      }),
    ),
};
