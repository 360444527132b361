// Installs the packages that the README lists for pnpm and Yarn under Yarn's strict Plug'n'Play.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Consumer, Workspace, pack, ROOT, succeeded } from '../support/consumer.mjs';

const SERVICE = `
import 'reflect-metadata';
import { CACHE_MANAGER } from '@nestjs/cache-manager';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CacheMetrics, ProductionConfigModule } from 'nestjs-production-config';

class AppModule {}
Module({ imports: [ProductionConfigModule.forRoot()] })(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
await app.get(CACHE_MANAGER).set('key', 1);
console.log(await app.get(CACHE_MANAGER).get('key'));
await app.get(CacheMetrics).register({}).catch(({ message }) => console.log(message));
await app.close();
`;

const [, named] = /`nestjs-production-config (joi [^`]+)`/.exec(
  readFileSync(join(ROOT, 'README.md'), 'utf8'),
);
const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const stock = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', 'reflect-metadata', 'rxjs'];

const { folder, tarball } = pack();
const tools = new Consumer(join(folder, 'yarn'));
succeeded(await tools.install('@yarnpkg/cli-dist@4.18.1'));
const yarn = join(tools.folder, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js');

// The registry and the certificate authority in npm's configuration.
const npmConfig = async (name) => succeeded(await tools.run('npm', ['config', 'get', name])).trim();
const authority = await npmConfig('cafile');
const service = new Workspace(join(folder, 'service'), {
  YARN_NODE_LINKER: 'pnp',
  YARN_ENABLE_TELEMETRY: 'false',
  YARN_ENABLE_GLOBAL_CACHE: 'false',
  YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
  YARN_NPM_REGISTRY_SERVER: await npmConfig('registry'),
  ...(authority === 'null' ? {} : { YARN_HTTPS_CA_FILE_PATH: authority }),
});
service.write('package.json', {
  name: 'service',
  private: true,
  type: 'module',
  dependencies: Object.fromEntries(stock.map((name) => [name, devDependencies[name]])),
});
service.write('yarn.lock', '');
service.write('main.js', SERVICE);
const added = succeeded(
  await service.node([yarn, 'add', `nestjs-production-config@file:${tarball}`, ...named.split(' ')]),
);
assert.doesNotMatch(added, /doesn't provide/);

const SECRET_KEY = 'kFq0W8m3xTzR6vYb1NcJ9sLhUeD2pGaX7iOo5tKw4Qg';
const { stdout, stderr } = await service.node([yarn, 'node', 'main.js'], { env: { SECRET_KEY } });
assert.equal(stdout, '1\nCacheMetrics.register() needs the package prom-client: npm i prom-client\n', stderr);
process.stdout.write("the packages that the README names are all that Yarn's Plug'n'Play needs\n");
