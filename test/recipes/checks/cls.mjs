import assert from 'node:assert/strict';

export default {
  'a hit has its own id, and the log the id of the miss': ({ serve }) =>
    serve({}, async (url, stop, output) => {
      const answers = [await fetch(`${url}/orders`), await fetch(`${url}/orders`)];
      assert.deepEqual(
        answers.map(({ headers }) => headers.get('x-cache')),
        ['MISS', 'HIT'],
      );
      const [first, second] = answers.map(({ headers }) => headers.get('x-request-id'));
      assert.match(first, /^[\da-f-]{36}$/);
      assert.match(second, /^[\da-f-]{36}$/);
      assert.notEqual(first, second);
      await stop();
      const lines = output().match(/^.*reads all orders.*$/gm);
      assert.equal(lines.length, 1);
      assert.match(lines[0], new RegExp(`\\[Orders ${first}\\]`));
    }),
};
