import type { Command } from './command.js';
import { SOURCE_OPTIONS, SOURCE_USAGE } from './source-options.js';

const USAGE = `Reads what the service would read and reports what is wrong. Exits with 0 if the service
would start, with 1 if it would not, with 2 if the check could not run.

${SOURCE_USAGE}  --silence <id>=<reason>  do not count this warning, and print the reason; <id>:<setting>
                           silences it for that setting only; repeatable
  --only <fields>          check only these fields of the class, separated by commas, and the settings
                           that their rules refer to, as pick() does; not with --connect
  --connect                connect to the database and to CACHE_URL, for at most 5 s, and report
                           what is there; exit with 1 if the service could not use it
  --strict                 exit with 1 on warnings too
  --json                   print JSON
`;

export const check: Command = {
  summary: 'check the environment against a configuration class',
  usage: USAGE,
  options: {
    ...SOURCE_OPTIONS,
    silence: { type: 'string', multiple: true },
    only: { type: 'string' },
    connect: { type: 'boolean' },
    strict: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  maxPositionals: 0,
  // Help and usage errors need none of what this imports.
  run: async (args) => (await import('./check.run.js')).runCheck(args),
};
