// Proves the versions that the README promises: npm run test:compat -- [--nest 11] [--node 20,22] [--typescript 6]
// [--adapter express]. Without a filter all of them. Every row is printed; one that fails makes the exit code 1.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pack } from '../support/consumer.mjs';
import { ADAPTERS, LINES, NODES, TYPESCRIPTS } from './lines.mjs';
import { Project } from './project.mjs';
import { prove } from './scenario.mjs';
import { Table } from './table.mjs';
import { compilerOf, nodeOf } from './toolchain.mjs';
import { refusals } from './refusals.mjs';

const filter = { type: 'string', multiple: true };
const { values: filters } = parseArgs({
  options: { nest: filter, node: filter, typescript: filter, adapter: filter },
});
const lines = LINES.filter(({ nest }) => chosen('nest', ['11', '12']).includes(nest));
const nodes = chosen('node', NODES);
const typescripts = chosen('typescript', TYPESCRIPTS);
const adapters = chosen('adapter', ADAPTERS);

const started = Date.now();
const { folder, tarball } = pack();
const table = new Table();
const runtimes = [];
for (const node of nodes) runtimes.push(await nodeOf(node, room(`node-${node}`)));
const compilers = [];
for (const version of typescripts) compilers.push({ version, path: await compilerOf(version, folder) });

for (const line of lines) {
  const project = new Project(line, room(line.name));
  const installed = await table.row([line.name, 'npm install'], () => project.install(tarball));
  if (installed !== undefined) await tryProject(project);
}
await refusals({ table, tarball, room, lines });
const seconds = Math.round((Date.now() - started) / 1000);
process.stdout.write(`${table.passed} rows hold, ${table.failed} do not (${seconds} s)\n`);
process.exitCode = table.failed === 0 ? 0 : 1;

async function tryProject(project) {
  const seen = new Map();
  for (const { version, path } of compilers) {
    for (const [modules, options] of project.settings(version)) {
      const cells = [project.name, `TypeScript ${version}`, modules];
      const built = await table.row([...cells, 'type check'], () =>
        project.compile(path, `${version}-${modules}`, options),
      );
      if (built === undefined) continue;
      const twin = seen.get(built.digest);
      seen.set(built.digest, twin ?? `${version} ${modules}`);
      if (twin === undefined) await tryBuild(project, cells, built.main);
      else table.note([...cells, 'each Node and adapter'], `the same JavaScript as ${twin}`);
    }
  }
}

async function tryBuild(project, cells, main) {
  for (const { name, path: node } of runtimes) {
    for (const adapter of adapters) {
      await table.row([...cells, name, adapter], () => prove(project.consumer, { main, adapter, node }));
    }
  }
}

/** A folder for a project, or for what belongs to none. */
function room(name) {
  const path = join(folder, name.replaceAll(/\W+/g, '-'));
  mkdirSync(path);
  return path;
}

/** '20' names 20.19; several are separated by commas. */
function chosen(name, all) {
  const wanted = filters[name]?.flatMap((value) => value.split(','));
  if (wanted === undefined) return all;
  return wanted.flatMap((value) => {
    const found = all.filter((one) => one === value || one.startsWith(`${value}.`));
    if (found.length === 0) throw new Error(`--${name} ${value}: there are ${all.join(', ')}`);
    return found;
  });
}
