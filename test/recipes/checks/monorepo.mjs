import assert from 'node:assert/strict';

export default {
  'an application requires its own settings and those of the workspace': async ({ run }) => {
    assert.equal((await run({ REGION: 'eu', MAX_ORDERS: '3' })).stdout, 'eu 3');
    const { code, stderr } = await run({});
    assert.equal(code, 78);
    assert.match(
      stderr,
      /2 problems \(OrdersConfig\)[^]*MAX_ORDERS[^]*REGION|2 problems[^]*REGION[^]*MAX_ORDERS/,
    );
  },
  'a script requires a part of them': async ({ run }) => {
    const seed = (env) => run({ SECRET_KEY: '', ...env }, 'seed.js');
    assert.equal((await seed({ REGION: 'us' })).stdout, 'fills the database of us\n');
    const { code, stderr } = await seed({});
    assert.equal(code, 78);
    assert.match(stderr, /REGION +is missing/);
  },
};
