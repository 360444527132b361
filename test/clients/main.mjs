// Walks lists with the clients that exist: npm run test:clients. In a project that installs the tarball, each server of
// project/servers/ speaks the language of one client, on Express and on Fastify, and each walk reads all of its rows.
// Every row is printed; the exit code is 1 if one fails.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Table } from '../compat/table.mjs';
import {
  COMPILER_OPTIONS,
  Consumer,
  freePort,
  pack,
  ROOT,
  SERVICE_ENV,
  succeeded,
} from '../support/consumer.mjs';

const { devDependencies: OURS } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const NEST = ['common', 'core', 'platform-express', 'platform-fastify', 'swagger'].map(
  (name) => `@nestjs/${name}`,
);
const SERVER = [...NEST, 'reflect-metadata', 'rxjs', '@types/node'].map((name) => `${name}@${OURS[name]}`);
const GRAPHQL =
  '@nestjs/graphql@14.0.3 @nestjs/apollo@14.0.3 @apollo/server@5.5.1 graphql@16.15.0 ' +
  '@as-integrations/express5@1.1.2 @as-integrations/fastify@3.1.0';
// openapi-typescript needs TypeScript 5.
const CLIENTS =
  'ra-core@5.15.4 ra-data-json-server@5.15.3 ra-data-simple-rest@5.15.3 @tanstack/query-core@5.108.4 axios@1.21.1 ' +
  '@octokit/core@7.0.8 @octokit/plugin-paginate-rest@14.0.0 kitsu@11.1.0 graphql-request@7.4.0 ' +
  'openapi-fetch@0.17.0 openapi-typescript@7.13.0 typescript@5.9.3';
const MAX_LINES = 12;
const ROWS = Array.from({ length: 123 }, (_, index) => index + 1);

const started = Date.now();
const table = new Table();
const { folder, tarball } = pack();
const project = new Consumer(join(folder, 'clients'), { type: 'module' });
succeeded(await project.install(...SERVER, ...`${GRAPHQL} ${CLIENTS}`.split(' ')));
succeeded(await project.install(tarball));
project.copy('test/clients/project');
await compile('src/*.ts', 'src/servers');

for (const file of readdirSync(join(project.folder, 'src/servers'))) {
  const lines = linesOf(project.read(`src/servers/${file}`));
  await table.row([file, `${lines} lines`], () => assert.ok(lines <= MAX_LINES, `at most ${MAX_LINES}`));
}
await eachServer('express', async (servers) => {
  for (const [name, { openapi }] of Object.entries(servers)) project.write(`openapi/${name}.json`, openapi);
  await table.row(['clients of OpenAPI', 'type check'], () => compileTyped());
  await walkAll(servers, 'express');
});
await eachServer('fastify', (servers) => walkAll(servers, 'fastify'));
const seconds = Math.round((Date.now() - started) / 1000);
process.stdout.write(`${table.passed} rows hold, ${table.failed} do not (${seconds} s)\n`);
process.exitCode = table.failed === 0 ? 0 : 1;

/** Starts all servers on one adapter. They must not log a warning. */
async function eachServer(adapter, use) {
  const env = { ...SERVICE_ENV, MAX_PAGE_SIZE: '100', PUBLIC_URL: `http://127.0.0.1:${await freePort()}` };
  await project.serve(['dist/main.js', adapter], env, async (url) => {
    const ask = async () => (await fetch(url)).json();
    await use((await ask()).servers);
    await table.row([adapter, 'no warnings'], async () => assert.deepEqual((await ask()).warnings, []));
  });
}

async function walkAll(servers, adapter) {
  for (const directory of ['src/walks', 'dist/typed']) {
    for (const file of readdirSync(join(project.folder, directory))) {
      const walks = await import(pathToFileURL(join(project.folder, directory, file)));
      const [name] = file.split('.');
      for (const [walk, read] of Object.entries(walks)) {
        await table.row([adapter, `${directory}/${file}`, walk], async () =>
          assert.deepEqual(await read(servers[name].url), ROWS),
        );
      }
    }
  }
}

/** Compiles clients against the types that openapi-typescript makes of the documents. */
async function compileTyped() {
  succeeded(await project.node(['src/types.mjs']));
  await compile('src/typed');
}

async function compile(...include) {
  project.write('tsconfig.json', { compilerOptions: COMPILER_OPTIONS, include });
  succeeded(await project.run('npx', ['--no', 'tsc']));
}

/** The lines that pages cost: without imports, brackets, and what a controller or a resolver has without them. */
function linesOf(text) {
  const code = text.replaceAll(/^import [^;]*;$/gm, '').replaceAll(/\/\*\*[^]*?\*\//g, '');
  const has = /^ *(?:@(?:Controller|Get|Resolver|Query)\(|export class|interface )/;
  return code.split('\n').filter((line) => /\w/.test(line) && !has.test(line)).length;
}
