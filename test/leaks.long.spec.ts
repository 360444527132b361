import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environments, MISHAPS, type Recipe } from './support/canary.environment.js';
import { expectNoCanary, expectSilentFailure, newSite, runAt } from './support/canary.sites.js';
import { ROOT } from './support/run.js';

describe.concurrent('no boot that fails shows', () => {
  it.each(Object.keys(MISHAPS))('a secret %s', async (mishap) => {
    const site = newSite();
    MISHAPS[mishap]!(site, 'STRIPE_KEY', site.text());
    await expectSilentFailure(site, 'express');
  });
});

describe.concurrent('production-config shows no secret', () => {
  const SERVICE = ['--config', join(ROOT, '.build/test/fixtures/leaks/service.config.js')];

  it('of 32 random environments', async () => {
    const check = async (recipe: Recipe) => {
      const site = recipe.make();
      // What the application would fetch is a variable here.
      Object.assign(site.env, { ...site.secrets, ...site.env });
      try {
        const options = recipe.seed % 2 === 0 ? ['--json'] : ['--strict'];
        const { code, ...streams } = await runAt(site, 'dist/cli/main.js', ['check', ...SERVICE, ...options]);
        expect([0, 1]).toContain(code);
        expect([streams.stderr, streams.stdout.includes('STRIPE_KEY')]).toEqual(['', true]);
        expectNoCanary(new Map(Object.entries(streams)), site.canaries);
      } finally {
        site.remove();
      }
    };
    const several = fc.array(environments, { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(several, (recipes) => Promise.all(recipes.map(check)).then(() => undefined)),
      { numRuns: 8, endOnFailure: true },
    );
  });
});
