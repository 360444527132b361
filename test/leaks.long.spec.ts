import fc from 'fast-check';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { environments, MISHAPS, refuseEverySecret, type Recipe } from './support/canary.environment.js';
import { expectNoCanary, expectSilentFailure, newSite, runAt } from './support/canary.sites.js';
import { SECRET_KEY } from './support/keys.js';
import { ROOT } from './support/run.js';

describe.concurrent('no boot that fails shows a secret', () => {
  it.each([
    'express',
    'fastify',
    'context',
    'logger off',
    'buffered logs',
    'every level',
    'JSON logger',
    'JSON logger on several lines',
    'colourful logger',
    'snapshot',
    'unhandled rejection',
    'uncaught exception',
    'in a worker',
    'while imported',
    'loadOrExit',
    'load',
  ])('%s', async (way) => {
    const site = newSite();
    refuseEverySecret(site);
    await expectSilentFailure(site, way);
  });

  describe('if the application logs the error', () => {
    const site = newSite();
    const outputs = new Map<string, string>();

    beforeAll(async () => {
      refuseEverySecret(site);
      const { stdout, stderr } = await expectSilentFailure(site, 'logged');
      for (const [stream, text] of Object.entries({ stdout, stderr })) {
        for (const [, log, logged] of text.matchAll(/^LOG (.+)\n([^]*?)(?=^LOG )/gm))
          outputs.set(`${log} on ${stream}`, logged!);
      }
    });

    it.each([
      'console.error',
      'console.dir',
      'console.table',
      'JSON of every property',
      'cause of another',
      'one of several',
      'Nest logger',
    ])('by %s', (log) => {
      const found = [...outputs].filter(([name, text]) => name.startsWith(`${log} on `) && text !== '');
      expect(found).not.toEqual([]);
      expectNoCanary(new Map(found), site.canaries);
    });
  });

  it('secrets that the application fetched', async () => {
    const site = newSite();
    Object.assign(site.env, {
      SECRET_KEY,
      FETCHED_KEY: site.text().slice(0, 15),
      FETCHED_LICENCE: `${site.odd()}!`,
    });
    await expectSilentFailure(site, 'fetched secrets');
  });

  it('a class that is written wrongly', async () => {
    const site = newSite();
    Object.assign(site.env, { SECRET_KEY: site.text(), STRIPE_KEY: site.text() });
    await expectSilentFailure(site, 'a broken class');
  });

  it.each([
    ['--trace-uncaught', '--stack-trace-limit=100'],
    ['--enable-source-maps', '--trace-warnings'],
    ['--unhandled-rejections=warn-with-error-code', '--trace-exit'],
  ])('under Node %s %s', async (...node) => {
    const site = newSite();
    refuseEverySecret(site);
    site.env['NODE_DEBUG'] = 'fs,stream,net,timer,worker,process,child_process';
    await expectSilentFailure(site, 'unhandled rejection', node);
  });

  it('a diagnostic report of Node, if the secrets are in files', async () => {
    const site = newSite();
    MISHAPS['in a file beside bytes that are no text']!(site, 'STRIPE_KEY', site.text());
    const report = ['--report-uncaught-exception', '--report-filename=stdout'];
    await expectSilentFailure(site, 'uncaught exception', report);
  });

  it.each(Object.keys(MISHAPS))('%s', async (mishap) => {
    const site = newSite();
    MISHAPS[mishap]!(site, 'STRIPE_KEY', site.text());
    await expectSilentFailure(site, 'express');
  });
});

describe.concurrent('production-config shows no secret', () => {
  const env = { NODE_ENV: 'production', SECRET_KEY };
  const SERVICE = ['--config', join(ROOT, '.build/test/fixtures/leaks/service.config.js')];

  it.each([['env-example'], ['env-example', '--check', '.env']])('in %s %s', async (...command) => {
    const site = newSite();
    refuseEverySecret(site);
    MISHAPS['in a line of .env without =']!(site, 'STRIPE_KEY', site.text());
    const { code, ...streams } = await runAt(site, 'dist/cli/main.js', [...command, ...SERVICE]);
    expect(code).toBeLessThan(2);
    expectNoCanary(new Map(Object.entries(streams)), site.canaries);
  });

  it.each(['check', 'check --json', 'check --connect', 'check --connect --json'])(
    'in %s, for a database in parts',
    async (command) => {
      const site = newSite();
      const parts = {
        DATABASE_HOST: '127.0.0.1',
        DATABASE_PORT: '1',
        DATABASE_NAME: 'orders',
        DATABASE_USER: 'app',
      };
      Object.assign(site.env, { ...env, ...parts, DATABASE_PASSWORD: site.odd() });
      const { stdout, stderr } = await runAt(site, 'dist/cli/main.js', command.split(' '));
      expect(stdout).toContain('DATABASE_PASSWORD');
      expectNoCanary(new Map(Object.entries({ stdout, stderr })), site.canaries);
    },
  );

  it('in check, for a refused value: not as the default of another', async () => {
    const site = newSite();
    Object.assign(site.env, { ...env, PAGE_SIZE: site.text() });
    const { stdout } = await runAt(site, 'dist/cli/main.js', ['check']);
    expectNoCanary(new Map([['stdout', stdout]]), site.canaries);
  });

  it.each(['throws-later', 'named-by-secret', 'missing-by-secret'])(
    'in check, in an error of the application (%s)',
    async (name) => {
      const site = newSite();
      Object.assign(site.env, { ...env, STRIPE_KEY: site.text() });
      const file = join(ROOT, '.build/test/fixtures/leaks', `${name}.config.js`);
      const { stdout, stderr } = await runAt(site, 'dist/cli/main.js', ['check', '--config', file]);
      expectNoCanary(new Map(Object.entries({ stdout, stderr })), site.canaries);
    },
  );

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
