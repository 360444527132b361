import type { Command } from './command.js';

const USAGE = `Asks the Redis of CACHE_URL which workers of the service run with other settings, and on
how many each key is accepted. Exits with 0 if the workers of each release agree or what
--wait names is reached, with 1 if not, with 2 if the command could not run.

  --config <file>          the compiled file of the configuration class, such as
                           dist/app.config.js. Default: ProductionConfig itself
  --dotenv <file>          the .env file, which must exist; repeatable. Default: .env, if it exists
  --expand                 replace \${NAME} in .env files
  --secrets-dir <dir>      where secrets are mounted. Default: $SECRETS_DIR
  --settings-dir <dir>     where settings that are not secrets are mounted. Default: $SETTINGS_DIR
  --wait keys=<id>         wait until every worker accepts the key with this id
  --wait settled           wait until all workers have one release, the same settings and the
                           same keys
  --timeout <time>         how long to wait: 60s, 10m or 1h. Default: 60s
  --json                   print JSON
`;

export const fleet: Command = {
  summary: 'show which workers run with other settings, and wait for keys',
  usage: USAGE,
  options: {
    config: { type: 'string' },
    dotenv: { type: 'string', multiple: true },
    expand: { type: 'boolean' },
    'secrets-dir': { type: 'string' },
    'settings-dir': { type: 'string' },
    wait: { type: 'string' },
    timeout: { type: 'string' },
    json: { type: 'boolean' },
  },
  maxPositionals: 0,
  run: async (args) => (await import('./fleet.run.js')).runFleet(args),
};
