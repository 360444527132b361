import { startRedis } from '../test/support/cache-servers.js';
import { duel, speedOf } from './support/duel.js';
import { atLeast, count, mebibytes, type Finding } from './support/finding.js';
import { MeasuredProcess, readProgram } from './support/measured-process.js';
import { spreadOf, type Spread } from './support/statistics.js';

const PROCESSES = 4;
const COLD_KEYS = 10;
const ABSENT_KEYS = 500_000;

/** What does a process pay for a cache that it shares with others? */
export async function fleet(): Promise<Finding[]> {
  const server = await startRedis();
  if (server === undefined) {
    const figures = 'no redis-server on this machine, and no REDIS_URL';
    return [{ measured: 'NOT MEASURED: there is no Redis', result: '', figures }];
  }
  try {
    return [
      ...(await rows(server.url)),
      ...(await commandsAlone(server.url)),
      await reconnects(server.url),
      await coldKeys(server.url),
      await absentKeys(server.url),
    ];
  } finally {
    await server.stop();
  }
}

async function rows(url: string): Promise<Finding[]> {
  const { hit, ...others } = await duel('fleet.process', {
    operations: ['hit', 'hitInCrowd', 'read', 'readInCrowd', 'set', 'setInCrowd'],
    arguments: [url],
    warmUpRounds: 3,
    rounds: 12,
    pairs: 3,
  });
  return [
    { ...speedOf('get a shared row', hit), goal: atLeast(hit.speed, 20) },
    speedOf('get a shared row, 16 at once', others.hitInCrowd),
    speedOf('get a row this process does not hold', others.read),
    speedOf('get a row this process does not hold, 16 at once', others.readInCrowd),
    speedOf('set a shared row: ours tells the others', others.set),
    speedOf('set a shared row, 16 at once', others.setInCrowd),
  ];
}

/** What do the commands cost that a coherent cache needs, without the rest of this package? */
async function commandsAlone(url: string): Promise<Finding[]> {
  const { read, readInCrowd, set, setInCrowd } = await duel('fleet.process', {
    operations: ['read', 'readInCrowd', 'set', 'setInCrowd'],
    arguments: [url],
    side: 'commands',
    warmUpRounds: 3,
    rounds: 12,
    pairs: 2,
  });
  return [
    speedOf('GET alone, vs. a get', read),
    speedOf('GET alone, 16 at once', readInCrowd),
    speedOf('SET and GETRANGE alone, vs. a set', set),
    speedOf('SET and GETRANGE alone, 16 at once', setInCrowd),
  ];
}

/** What does a process pay for a connection that breaks? */
async function reconnects(url: string): Promise<Finding> {
  const { reconnect } = await duel('fleet.process', {
    operations: ['reconnect'],
    arguments: [url],
    warmUpRounds: 1,
    rounds: 3,
    pairs: 2,
  });
  return speedOf('reconnect after the connection broke', reconnect);
}

/** How often is an uncached value loaded if all processes request it at the same moment? */
async function coldKeys(url: string): Promise<Finding> {
  const ours = await loadsOf('ours', url);
  const stock = await loadsOf('stock', url);
  return {
    measured: `${PROCESSES} processes ask for a cold key, with lock: loads`,
    result: loadsIn(ours),
    goal: { text: 'one', held: ours.max === 1 },
    figures: `${COLD_KEYS} keys, stock wrap ${loadsIn(stock)}`,
  };
}

async function loadsOf(side: string, url: string): Promise<Spread> {
  const started = await Promise.all(
    Array.from({ length: PROCESSES }, () => MeasuredProcess.start('fleet-lock.process', side, url)),
  );
  const processes = started.map(([measured]) => measured);
  const loads: number[] = [];
  for (let key = 0; key < COLD_KEYS; key++) {
    // A server that was already running may contain entries of an earlier run.
    const name = `cold:${side}:${process.pid}:${key}`;
    const each = (await Promise.all(processes.map((measured) => measured.ask(name)))) as number[];
    loads.push(each.reduce((sum, here) => sum + here));
  }
  await Promise.all(processes.map((measured) => measured.stop()));
  return spreadOf(loads);
}

function loadsIn({ median, min, max }: Spread): string {
  return `${median} (${min} to ${max})`;
}

/** What remains in a process after requests for keys that do not exist? */
async function absentKeys(url: string): Promise<Finding> {
  const growthOf = (side: string) =>
    readProgram<number>('fleet-absent.process', [side, url, String(ABSENT_KEYS)], ['--expose-gc']);
  const ours = await growthOf('ours');
  const client = await growthOf('client');
  return {
    measured: `${count(ABSENT_KEYS)} absent keys asked for: heap growth after gc`,
    result: mebibytes(ours),
    figures: `clientSideCache of @redis/client, maxEntries 4096: ${mebibytes(client)}`,
  };
}
