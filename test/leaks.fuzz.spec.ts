import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environments } from './support/canary.environment.js';
import { boot, load, LOGGERS } from './support/canary.service.js';
import { expectNoCanary } from './support/canary.sites.js';
import { IS_LONG, runs } from './support/runs.js';

describe('random environments', () => {
  it('show no secret, whether they are refused or loaded', async () => {
    const numRuns = runs(300);
    const seen = { loaded: 0, refused: 0, started: 0, ended: 0 };
    await fc.assert(
      fc.asyncProperty(environments, fc.constantFrom(...Object.keys(LOGGERS)), async (recipe, logger) => {
        const site = recipe.make();
        try {
          for (const { outcome, outputs } of [load(site), await boot(site, LOGGERS[logger]!)]) {
            seen[outcome]++;
            expectNoCanary(outputs, site.canaries);
          }
        } finally {
          site.remove();
        }
      }),
      { numRuns, endOnFailure: true },
    );
    // With a tenth of the runs, chance decides which outcomes occur.
    if (!IS_LONG) return;
    for (const [outcome, times] of Object.entries(seen)) expect(times, outcome).toBeGreaterThan(numRuns / 25);
  });
});
