// Bundles a service and all its imports with esbuild and tsup, and runs it without optional peers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Consumer, pack, ROOT, succeeded } from '../support/consumer.mjs';

const SERVICE = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CacheMetrics, ProductionConfigModule } from 'nestjs-production-config';

class AppModule {}
Module({ imports: [ProductionConfigModule.forRoot()] })(AppModule);

async function start() {
  const app = await NestFactory.createApplicationContext(AppModule, { abortOnError: false, logger: false });
  await app.get(CacheMetrics).register({ registerMetric() {}, getSingleMetric() {} });
  await app.close();
}
start().then(() => console.log('registered'), ({ code, message }) => console.log(code + ': ' + message));
`;

const ENV = { SECRET_KEY: 'kFq0W8m3xTzR6vYb1NcJ9sLhUeD2pGaX7iOo5tKw4Qg', CACHE_NAMESPACE: 'bundled' };
/** The environment that each package needs, and the error without it. */
const OPTIONAL = {
  'prom-client': { says: 'CacheMetrics.register() needs the package prom-client: npm i prom-client' },
  '@redis/client': {
    env: { CACHE_URL: 'redis://127.0.0.1:1' },
    says: 'CACHE_URL on Redis needs the package @redis/client: npm i @redis/client',
  },
  memjs: {
    env: { CACHE_URL: 'memcached://127.0.0.1:1' },
    says: 'CACHE_URL on memcached needs the package memjs: npm i memjs',
  },
};

// Nest's optional packages, which Nest users must mark as external.
const OF_NEST = ['@nestjs/microservices', '@nestjs/websockets', 'class-transformer', 'class-validator'];
const IS_OF_NEST = `(?:${OF_NEST.join('|')})`;
// CommonJS dependencies call require(), which an ES module has to create.
const REQUIRE = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`;
const BUNDLERS = {
  esbuild: `
    import { build } from 'esbuild';
    const external = ${JSON.stringify(OF_NEST.flatMap((name) => [name, `${name}/*`]))};
    for (const [format, file, js] of [['esm', 'main.mjs', "${REQUIRE}"], ['cjs', 'main.cjs', '']])
      await build({ entryPoints: ['main.js'], bundle: true, platform: 'node', target: 'node20', format, external,
        outfile: 'esbuild/' + file, banner: { js }, logLevel: 'warning' });`,
  tsup: `
    import { build } from 'tsup';
    await build({ entry: ['main.js'], format: ['esm', 'cjs'], platform: 'node', target: 'node20', outDir: 'tsup', splitting: false,
      config: false, silent: true, noExternal: [new RegExp('^(?!${IS_OF_NEST})')], external: [new RegExp('^${IS_OF_NEST}')],
      outExtension: ({ format }) => ({ js: format === 'esm' ? '.mjs' : '.cjs' }),
      banner: ({ format }) => (format === 'esm' ? { js: "${REQUIRE}" } : {}) });`,
};

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const ours = (name) => `${name}@${manifest.devDependencies[name]}`;
const { folder, tarball } = pack();
const service = new Consumer(join(folder, 'bundled'), { type: 'module' });
const stock = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', 'reflect-metadata', 'rxjs'];
succeeded(await service.install(...stock.map(ours), ours('typescript'), 'esbuild@0.28.2', 'tsup@8.5.0'));
succeeded(await service.install(tarball));
service.write('main.js', SERVICE);

for (const [bundler, script] of Object.entries(BUNDLERS)) {
  service.write(`${bundler}.mjs`, script);
  succeeded(await service.node([`${bundler}.mjs`]));
  for (const file of ['main.mjs', 'main.cjs']) {
    for (const { env, says } of Object.values(OPTIONAL)) {
      const { stdout, stderr } = await service.node([`${bundler}/${file}`], { env: { ...ENV, ...env } });
      assert.equal(stdout, `ERR_MISSING_PACKAGE: ${says}\n`, stderr);
    }
  }
}

// Installed packages are included in the bundle.
succeeded(await service.install(...Object.keys(OPTIONAL).map(ours)));
for (const bundler of Object.keys(BUNDLERS)) {
  succeeded(await service.node([`${bundler}.mjs`]));
  for (const { env } of Object.values(OPTIONAL)) {
    const { stdout, stderr } = await service.node([`${bundler}/main.mjs`], { env: { ...ENV, ...env } });
    assert.equal(stdout, 'registered\n', stderr);
  }
}
process.stdout.write('esbuild and tsup bundle the package, with its optional peers and without\n');
