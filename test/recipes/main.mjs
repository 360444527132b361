// Runs the code of docs/recipes.md: npm run test:recipes. In one project that installs the tarball and the packages which
// the page names, every block is a file of src/, or of the project itself if it is JavaScript; the other files of a recipe
// are in test/recipes/project/. Each file of checks/ starts the service of a recipe and checks what the page says of it.
// `npm run test:recipes -- cls` runs one.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { startCacheServers } from '../compat/cache-servers.mjs';
import { Table } from '../compat/table.mjs';
import { nodeOf } from '../compat/toolchain.mjs';
import { COMPILER_OPTIONS, Consumer, pack, ROOT, SERVICE_ENV, succeeded } from '../support/consumer.mjs';

const { devDependencies: OURS } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const NODE = '24';
const BASE = [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/platform-fastify',
  'reflect-metadata',
  'rxjs',
  'typescript',
];

// TypeScript 7 writes the same code as 6 does, in a third of the time.
const TSC = join(ROOT, 'node_modules/typescript-native/bin/tsc');

const started = Date.now();
const table = new Table();
const page = readFileSync(join(ROOT, 'docs/recipes.md'), 'utf8');
const { folder, tarball } = pack();
const fetched = nodeOf(NODE, join(folder, 'node'));
const project = new Consumer(join(folder, 'recipes'), { type: 'module' });
const named = Array.from(page.matchAll(/^npm i (.*)$/gm), ([, packages]) => packages.split(' ')).flat();
const own = [...BASE, '@types/node'].map((name) => `${name}@${OURS[name]}`);
succeeded(await project.install(...new Set([...own, ...named]), tarball));
const node = await fetched;
project.copy('test/recipes/project');
for (const [, path, code] of page.matchAll(/^```ts\n\/\/ ([\w./-]+)\n([^]*?)^```$/gm)) {
  project.write(`src/${path}`, code);
}
for (const [, path, code] of page.matchAll(/^```js\n\/\/ ([\w.-]+)\n([^]*?)^```$/gm))
  project.write(path, code);
project.write('tsconfig.json', { compilerOptions: COMPILER_OPTIONS, include: ['src'] });
await table.row(['the code of the page', 'type check'], async () => succeeded(await project.node([TSC])));

const { url: redis } = (await startCacheServers()).find(({ program }) => program === 'redis-server');
const asked = process.argv.slice(2);
const files = readdirSync(join(ROOT, 'test/recipes/checks')).filter(
  (file) => asked.length === 0 || asked.includes(basename(file, '.mjs')),
);
// Two at a time, because services mostly wait.
await Promise.all(
  [1, 2].map(async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) await check(file);
  }),
);
const seconds = Math.round((Date.now() - started) / 1000);
process.stdout.write(`${table.passed} rows hold, ${table.failed} do not (${node.name}, ${seconds} s)\n`);
process.exitCode = table.failed === 0 ? 0 : 1;

async function check(file) {
  const recipe = basename(file, '.mjs');
  const { default: promises } = await import(`./checks/${file}`);
  const serve = (env, use, args = []) =>
    project.serve([`dist/${recipe}/main.js`, ...args], { ...SERVICE_ENV, ...env }, use, { node: node.path });
  const run = (env, program = 'main.js') =>
    project.node([`dist/${recipe}/${program}`], { node: node.path, env: { ...SERVICE_ENV, ...env } });
  for (const [promise, holds] of Object.entries(promises)) {
    await table.row([recipe, promise], () => holds({ serve, run, redis, project, node: node.path }));
  }
}
