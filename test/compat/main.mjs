// Tests the versions in the README: npm run test:compat -- [--nest 11] [--node 20,22] [--typescript 6]
// [--adapter express], or --brief for one of each. Without a filter it tests all, and the versions to refuse.
// Every row is printed; the exit code is 1 if one fails.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pack } from '../support/consumer.mjs';
import { startCacheServers } from './cache-servers.mjs';
import { ADAPTERS, LINES, NODES, REFUSED_NODES, TYPESCRIPTS } from './lines.mjs';
import { Project } from './project.mjs';
import { refusedAtInstall, refusedAtStart } from './refusals.mjs';
import { prove, share } from './scenario.mjs';
import { endSockets, socketsOf } from './sockets.mjs';
import { Table } from './table.mjs';
import { compilerOf, nodeOf } from './toolchain.mjs';

const filter = { type: 'string', multiple: true };
const { values: filters } = parseArgs({
  options: { nest: filter, node: filter, typescript: filter, adapter: filter, brief: { type: 'boolean' } },
});
const wanted = {
  nest: chosen('nest', ['11', '12']),
  node: chosen('node', NODES),
  typescript: chosen('typescript', TYPESCRIPTS),
  adapter: chosen('adapter', ADAPTERS),
};

const started = Date.now();
const { folder, tarball } = pack();
const table = new Table();
const nodes = onceEach((version) => nodeOf(version, room(`node ${version}`)));
const compilers = onceEach((version) => compilerOf(version, folder));
const caches = await startCacheServers();

for (const line of LINES.filter(
  ({ nest, brief }) => wanted.nest.includes(nest) && (brief || !filters.brief),
)) {
  const project = new Project(line, room(line.name));
  const installed = await table.row([line.name, 'npm install'], () => project.install(tarball));
  if (installed !== undefined) await tryProject(project);
}
await refusedAtInstall({ table, tarball, room });
const seconds = Math.round((Date.now() - started) / 1000);
process.stdout.write(`${table.passed} rows hold, ${table.failed} do not (${seconds} s)\n`);
process.exitCode = table.failed === 0 ? 0 : 1;

async function tryProject(project) {
  const { brief, type } = project.line;
  const seen = new Map();
  for (const version of filters.brief ? [brief.typescript] : wanted.typescript) {
    for (const [modules, options] of project.settings(version)) {
      const cells = [project.name, `TypeScript ${version}`, modules];
      const built = await table.row([...cells, 'type check'], async () =>
        project.compile(await compilers(version), `${version}-${modules}`, options),
      );
      if (built === undefined) continue;
      const twin = seen.get(built.digest);
      if (twin !== undefined) {
        table.note([...cells, 'each Node and adapter'], `the same JavaScript as ${twin}`);
        continue;
      }
      const isFirst = seen.size === 0;
      seen.set(built.digest, `${version} ${modules}`);
      await runBuild(project, cells, built.main);
      if (isFirst) await shareCaches(project, cells, built.main);
      if (isFirst) await closeSockets(project, cells, built.sockets);
      // An old Node cannot require() the package, so only a project of ES modules gets the version error.
      const isRefused = isFirst && type === 'module' && !filters.brief && filters.node === undefined;
      if (isRefused) await refuseBuild(project, built.main);
    }
  }
}

/** Runs the same JavaScript on each Node and each adapter. */
async function runBuild({ consumer, line }, cells, main) {
  for (const version of filters.brief ? [line.brief.node] : wanted.node) {
    const { name, path: node } = await nodes(version);
    for (const adapter of wanted.adapter) {
      await table.row([...cells, name, adapter], () => prove(consumer, { main, adapter, node }));
    }
  }
}

/** Tests the optional clients of shared caches, on the lowest selected Node. */
async function shareCaches({ consumer, line }, cells, main) {
  const { name, path: node } = await nodes(filters.brief ? line.brief.node : wanted.node[0]);
  for (const { program, url: cache } of caches) {
    if (cache === undefined) table.note([...cells, name, program], 'it is not on this machine');
    else await table.row([...cells, name, program], () => share(consumer, { main, node, cache }));
  }
}

/** Shuts down with open connections of each protocol, on the lowest selected Node. */
async function closeSockets({ consumer, line }, cells, sockets) {
  const { name, path: node } = await nodes(filters.brief ? line.brief.node : wanted.node[0]);
  for (const { adapter, protocol } of socketsOf(wanted.adapter)) {
    await table.row([...cells, name, adapter, `shutdown, ${protocol}`], () =>
      endSockets(consumer, { sockets, adapter, protocol, node }),
    );
  }
}

async function refuseBuild({ consumer, name: project }, main) {
  for (const version of REFUSED_NODES) {
    const { name, path: node, version: exact } = await nodes(version);
    await table.row([project, name, 'the service refuses'], () =>
      refusedAtStart(consumer, { main, node, version: exact }),
    );
  }
}

/** A folder for a project or a tool. */
function room(name) {
  const path = join(folder, name.replaceAll(/\W+/g, '-'));
  mkdirSync(path);
  return path;
}

/** Fetches a tool on first use. */
function onceEach(fetch) {
  const fetched = new Map();
  return (version) => {
    if (!fetched.has(version)) fetched.set(version, fetch(version));
    return fetched.get(version);
  };
}

/** '20' selects 20.19; several values are separated by commas. */
function chosen(name, all) {
  const asked = filters[name]?.flatMap((value) => value.split(','));
  if (asked === undefined) return all;
  return asked.flatMap((value) => {
    const found = all.filter((one) => one === value || one.startsWith(`${value}.`));
    if (found.length === 0) throw new Error(`--${name} ${value}: there are ${all.join(', ')}`);
    return found;
  });
}
