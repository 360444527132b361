import type { BaseConfig } from '../config/base.config.js';
import { type CacheConfig, cacheSentence } from '../config/cache.config.js';
import type { ConfigClass } from '../config/model/config-class.js';
import { type ConfigWarning, warningIdOf } from '../config/model/config.warning.js';
import { settingsOf } from '../config/model/setting.registry.js';
import { createInstance } from '../config/load/config.instance.js';
import { type Examination, examine } from '../config/load/config.examination.js';
import { environmentOf } from '../config/sources/environment.source.js';
import { cacheServerAdvice, cacheUrlAdvice, missingClient } from './advice/cache-url.advice.js';
import { connectionAdvice } from './advice/connection.advice.js';
import { heapAdvice } from './advice/heap.advice.js';
import { nodeOptionsAdvice } from './advice/node-options.advice.js';
import {
  secretFileAdvice,
  secretReuseAdvice,
  undeclaredSecretAdvice,
  unlistableKeyAdvice,
} from './advice/secret.advice.js';
import { type CheckReport, checkedSettings, renderCheck } from './check.report.js';
import type { Arguments, Command, Outcome } from './command.js';
import { configClassOf, requireFile } from './config-file.js';
import { applySilences, parseSilences } from './silences.js';

const USAGE = `Reads what the service would read and says what is wrong with it. Exits with 0 when it
would start, with 1 when it would not, with 2 when that cannot be told.

  --config <file>          the compiled file of the configuration class, such as
                           dist/app.config.js. Default: ProductionConfig itself
  --dotenv <file>          the .env file, which has to exist. Default: .env, if there is one
  --secrets-dir <dir>      where secrets are mounted. Default: $SECRETS_DIR
  --silence <id>=<reason>  do not count this warning, and print the reason; <id>:<setting>
                           for that setting alone; repeatable
  --strict                 exit with 1 on warnings too
  --json                   print JSON
`;

/** The ids of the warnings that are not about one setting's value. */
const WARNING_IDS = [
  'cache-server',
  'default-password',
  'dotenv-in-production',
  'dotenv-node-env',
  'heap-limit',
  'ignored-parameter',
  'insecure-connection',
  'insecure-http-parser',
  'inspector',
  'memory-dump',
  'near-miss',
  'node-debug',
  'not-a-secret',
  'reused-secret',
  'secrets-dir',
  'security-revert',
  'service-link',
  'stray-text',
  'tls-keylog',
  'unlistable-key',
  'unverified-tls',
  'weak-tls',
  'world-readable-secret',
];

export const check: Command = {
  summary: 'check the environment against a configuration class',
  usage: USAGE,
  options: {
    config: { type: 'string' },
    dotenv: { type: 'string' },
    'secrets-dir': { type: 'string' },
    silence: { type: 'string', multiple: true },
    strict: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  maxPositionals: 0,
  run,
};

async function run({ values }: Arguments): Promise<Outcome> {
  const file = values['config'] as string | undefined;
  const type = await configClassOf(file);
  const hint =
    file === undefined
      ? `\nThese are the settings of ${type.name} alone: --config names your own class.\n`
      : '';
  const envFile = values['dotenv'] as string | undefined;
  // A production service does not read it, and starts without it; who names it here wants it looked at.
  if (envFile !== undefined) requireFile(envFile);
  const read = examine(type, {
    envFile,
    secretsDir: values['secrets-dir'] as string | undefined,
  });
  const cache = read.problems.length === 0 ? tryOut(type, read) : undefined;
  const problems = cache === undefined ? read.problems : missingClient(cache);
  const examination = { ...read, problems };

  const warnings = allWarnings(examination);
  if (cache !== undefined && problems.length === 0) warnings.push(...(await cacheServerAdvice(cache)));
  const silences = parseSilences((values['silence'] as string[] | undefined) ?? [], warningIds(type));
  const report: CheckReport = {
    config: read.subject,
    settings: checkedSettings(examination),
    ...(cache === undefined ? {} : { cache: cacheSentence(cache) }),
    problems,
    ...applySilences(warnings, silences),
  };
  return {
    output:
      values['json'] === true ? `${JSON.stringify(report, null, 2)}\n` : `${renderCheck(report)}${hint}`,
    fine: problems.length === 0 && (values['strict'] !== true || report.warnings.length === 0),
  };
}

/** The ids that a class can warn with, whatever NODE_ENV is. */
function warningIds(type: ConfigClass): string[] {
  const overlays = [type, ...Object.values(type.environments)];
  const settings = overlays.flatMap((overlay) => [...settingsOf(type, overlay).values()]);
  const own = settings.filter(({ warn }) => warn !== undefined).map(warningIdOf);
  return [...new Set([...WARNING_IDS, ...own])];
}

/** What the service does at once with what was loaded; a class that is written wrongly fails here. */
function tryOut(type: ConfigClass<BaseConfig>, examination: Examination): CacheConfig {
  return createInstance(type, examination).getCacheConfig();
}

function allWarnings({ settings, values, warnings, files, problems }: Examination): ConfigWarning[] {
  const env = environmentOf({});
  const faulty = new Set(problems.map(({ name }) => name));
  const sound = [...settings.values()].filter(({ name }) => !faulty.has(name));
  return [
    ...warnings,
    ...nodeOptionsAdvice(env),
    ...heapAdvice(),
    ...connectionAdvice(sound, values, env),
    ...cacheUrlAdvice(values),
    ...secretFileAdvice(files),
    ...secretReuseAdvice(sound, values),
    ...undeclaredSecretAdvice(sound, values),
    ...unlistableKeyAdvice(values),
  ];
}
