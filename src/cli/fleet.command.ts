import type { Command } from './command.js';
import { SOURCE_OPTIONS, SOURCE_USAGE } from './source-options.js';

const USAGE = `Asks the Redis of CACHE_URL which workers of the service run with other settings, and on
how many each key is accepted. Exits with 0 if the workers of each release agree, or if
the condition of --wait is met, with 1 if not, with 2 if the command could not run.

${SOURCE_USAGE}  --wait keys=<id>         wait until every worker accepts the key with this id
  --wait signs=<id>        wait until every worker signs with the key with this id
  --wait settled           wait until all workers have one release, the same settings and the
                           same keys
  --timeout <time>         how long to wait: 60s, 10m or 1h. Default: 60s
  --json                   print JSON
`;

export const fleet: Command = {
  summary: 'show which workers run with other settings, and wait for keys',
  usage: USAGE,
  options: {
    ...SOURCE_OPTIONS,
    wait: { type: 'string' },
    timeout: { type: 'string' },
    json: { type: 'boolean' },
  },
  maxPositionals: 0,
  run: async (args) => (await import('./fleet.run.js')).runFleet(args),
};
