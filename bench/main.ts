import { cpus } from 'node:os';
import { boot } from './boot.bench.js';
import { cacheBound } from './cache-bound.bench.js';
import { cache } from './cache.bench.js';
import { coldGets } from './cold-gets.bench.js';
import { configRead } from './config-read.bench.js';
import { deepPage } from './deep-page.bench.js';
import { eviction } from './eviction.bench.js';
import { fleet } from './fleet.bench.js';
import { fleetWorkers } from './fleet-workers.bench.js';
import { heap } from './heap.bench.js';
import { httpHit } from './http-hit.bench.js';
import { jwt } from './jwt.bench.js';
import { keyReload } from './key-reload.bench.js';
import { lifecycle } from './lifecycle.bench.js';
import { pagedList } from './paged-list.bench.js';
import type { Question } from './support/finding.js';
import { printFindings, printHeader } from './support/table.js';

const QUESTIONS: Readonly<Record<string, Question>> = {
  'config-read': configRead,
  boot,
  cache,
  'cache-bound': cacheBound,
  eviction,
  'cold-gets': coldGets,
  fleet,
  'fleet-workers': fleetWorkers,
  'http-hit': httpHit,
  'paged-list': pagedList,
  'deep-page': deepPage,
  heap,
  jwt,
  'key-reload': keyReload,
  lifecycle,
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(QUESTIONS, name));
if (unknown !== undefined) {
  process.stderr.write(`unknown benchmark '${unknown}'; available: ${Object.keys(QUESTIONS).join(', ')}\n`);
  process.exit(2);
}

process.stdout.write(
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}. ` +
    'Each ratio is ours vs stock within a round, in CPU time unless the row says otherwise; ' +
    'goals are compared with medians.\n\n',
);
printHeader();
for (const [name, answer] of Object.entries(QUESTIONS)) {
  if (asked.length === 0 || asked.includes(name)) printFindings(name, await answer());
}
