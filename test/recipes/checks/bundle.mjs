import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICE_ENV, succeeded, Workspace } from '../../support/consumer.mjs';

const BUNDLERS = {
  rspack: ['npx', '--no', 'nest', 'build', '--builder', 'rspack', '--rspackPath', 'rspack.config.cjs'],
  esbuild: ['node', 'esbuild.mjs'],
  tsup: ['npx', '--no', 'tsup'],
};
const ENV = { ...SERVICE_ENV, SHOP: 'Ann' };

export default {
  ...Object.fromEntries(
    Object.entries(BUNDLERS).map(([bundler, [command, ...args]]) => [
      `${bundler} makes one file that needs no other`,
      async ({ project, node }) => {
        succeeded(await project.run(command, args));
        const alone = new Workspace(mkdtempSync(join(project.folder, '..', `${bundler}-`)));
        copyFileSync(join(project.folder, `bundled/${bundler}.mjs`), join(alone.folder, 'main.mjs'));
        await alone.serve(['main.mjs'], ENV, usesEverything, { node });
        const run = (env) => alone.node(['main.mjs'], { node, env: { ...ENV, ...env } });
        const [rejected, missing] = await Promise.all([
          run({ SECRET_KEY: 'changeme' }),
          run({ CACHE_URL: 'memcached://127.0.0.1:1', CACHE_NAMESPACE: 'shop' }),
        ]);
        assert.equal(rejected.code, 78);
        assert.match(rejected.stderr, /1 problem \(AppConfig\)/);
        assert.match(missing.stderr + missing.stdout, /CACHE_URL on memcached needs the package memjs/);
      },
    ]),
  ),
  'check reads the compiled class, and refuses a bundled one': async ({ project }) => {
    const check = (file) => project.run('npx', ['--no', 'production-config', 'check', '--config', file], ENV);
    const compiled = 'dist/bundle/app.config.js';
    const script = project
      .read('esbuild.mjs')
      .replaceAll(/dist\/bundle\/main|bundled\/esbuild/g, (path) =>
        path.startsWith('dist') ? 'dist/bundle/app.config' : 'bundled/app.config',
      );
    project.write('esbuild-class.mjs', script);
    succeeded(await project.node(['esbuild-class.mjs']));
    const [read, refused] = await Promise.all([check(compiled), check('bundled/app.config.mjs')]);
    assert.match(succeeded(read), /ok +SHOP/);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /of this copy of nestjs-production-config/);
  },
};

async function usesEverything(url, stop, output) {
  const answers = [await fetch(`${url}/shop`), await fetch(`${url}/shop`)];
  assert.deepEqual(
    answers.map(({ headers }) => headers.get('x-cache')),
    ['MISS', 'HIT'],
  );
  assert.deepEqual(await answers[1].json(), { name: 'Ann' });
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  assert.equal(await stop(), 0);
  assert.match(output(), /\[RoutesResolver\] ShopController/);
}
