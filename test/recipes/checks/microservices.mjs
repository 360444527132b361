import assert from 'node:assert/strict';
import { freePort, until } from '../../support/consumer.mjs';

export default {
  'requests that wait for another service, and messages, end before the connections do': async ({
    serve,
  }) => {
    const [ours, theirs] = [String(await freePort()), String(await freePort())];
    const env = (mine, other) => ({ MESSAGES_PORT: mine, STOCK_SERVICE: `127.0.0.1:${other}` });
    await serve(env(ours, theirs), (url, stop, output) =>
      serve(env(theirs, ours), async (_url, stopOther, outputOfOther) => {
        const asked = fetch(`${url}/orders`);
        await until(() => outputOfOther().includes('counts'));
        assert.deepEqual(await Promise.all([stop(), stopOther()]), [0, 0]);
        assert.equal(await (await asked).text(), '7');
        for (const said of [output(), outputOfOther()]) assert.doesNotMatch(said, /WARN|ERROR/);
      }),
    );
  },
  'an address without a port that is a number is reported': async ({ run }) => {
    const { code, stderr } = await run({ STOCK_SERVICE: 'stock:http' });
    assert.equal(code, 78);
    assert.match(stderr, /STOCK_SERVICE +must be a host/);
  },
};
