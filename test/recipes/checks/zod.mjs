import assert from 'node:assert/strict';

const STRIPE_KEY = 'sk_live_of-the-test';

export default {
  'values are converted, and defaults apply': async ({ run }) => {
    const { stdout } = await run({ REGION: 'eu', STRIPE_KEY });
    assert.deepEqual(JSON.parse(stdout), { ATTEMPTS: 5, REGION: 'eu', STRIPE_KEY });
  },
  'one report has all problems, and no secret': async ({ run }) => {
    const { code, stderr } = await run({
      ATTEMPTS: '99',
      PAGE_SIZE: '5000',
      STRIPE_KEY: 'sk_test_of-the-test',
    });
    assert.equal(code, 78);
    for (const name of ['ATTEMPTS', 'REGION', 'STRIPE_KEY', 'PAGE_SIZE'])
      assert.ok(stderr.includes(name), name);
    assert.match(stderr, /4 problems/);
    assert.match(stderr, /ATTEMPTS .*50/);
    assert.doesNotMatch(stderr, /of-the-test|sk_live_/);
  },
};
