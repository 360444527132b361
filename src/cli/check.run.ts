import { cacheSentence } from '../config/cache.config.js';
import type { ConfigClass } from '../config/model/config-class.js';
import { type ConfigWarning, WARNING_IDS, warningIdOf } from '../config/model/config.warning.js';
import { settingsOf } from '../config/model/config-shape.js';
import { createInstance } from '../config/load/config.instance.js';
import { type ConfigInspection, inspectConfig } from '../config/load/config.inspection.js';
import { environmentOf } from '../config/sources/environment.source.js';
import { cacheServerAdvice, missingClient } from './advice/cache-url.advice.js';
import { connectionAdvice } from './advice/connection.advice.js';
import { heapAdvice } from './advice/heap.advice.js';
import { keyScheduleAdvice } from './advice/key-schedule.advice.js';
import { nodeOptionsAdvice } from './advice/node-options.advice.js';
import {
  secretFileAdvice,
  secretReuseAdvice,
  undeclaredSecretAdvice,
  unlistableKeyAdvice,
} from './advice/secret.advice.js';
import { type CheckReport, describeSettings, renderCheck } from './check.report.js';
import { type Arguments, CommandError, type Outcome, fieldsOf } from './command.js';
import { checkConnections } from './connect/connections.js';
import { configClassOf, assertReadableFiles } from './config-file.js';
import { applySilences, parseSilences } from './silences.js';

export async function runCheck({ values }: Arguments): Promise<Outcome> {
  const file = values['config'] as string | undefined;
  const type = await configClassOf(file);
  const hint =
    file === undefined
      ? `\nOnly the settings of ${type.name} were checked: name your own class with --config.\n`
      : '';
  const envFile = values['dotenv'] as string[] | undefined;
  if (envFile !== undefined) assertReadableFiles(envFile);
  const only = fieldsOf(values);
  if (only !== undefined && values['connect'] === true) {
    throw new CommandError('--connect needs the whole configuration: leave --only out', true);
  }
  const read = inspectConfig(type, {
    only,
    envFile,
    expand: values['expand'] === true,
    secretsDir: values['secrets-dir'] as string | undefined,
    settingsDir: values['settings-dir'] as string | undefined,
  });
  const config = read.problems.length === 0 ? createInstance(type, read) : undefined;
  // What the service builds at startup: a faulty class fails here.
  const cache = only === undefined ? config?.getCacheConfig() : undefined;
  const examination = { ...read, problems: cache === undefined ? read.problems : missingClient(cache) };
  const warnings = allWarnings(examination);
  const service = config && cache && examination.problems.length === 0 ? { config, cache } : undefined;
  const found = service && values['connect'] === true ? await checkConnections(service) : undefined;
  if (service && found === undefined) warnings.push(...(await cacheServerAdvice(service.cache)));
  warnings.push(...(found?.warnings ?? []));
  const problems = [...examination.problems, ...(found?.problems ?? [])];
  const silences = parseSilences((values['silence'] as string[] | undefined) ?? [], warningIds(type));
  const report: CheckReport = {
    config: read.subject,
    settings: describeSettings(examination),
    ...(cache === undefined ? {} : { cache: cacheSentence(cache) }),
    ...(found === undefined ? {} : { connections: found.connections }),
    problems,
    ...applySilences(warnings, silences),
  };
  return {
    output:
      values['json'] === true ? `${JSON.stringify(report, null, 2)}\n` : `${renderCheck(report)}${hint}`,
    ok: problems.length === 0 && (values['strict'] !== true || report.warnings.length === 0),
  };
}

/** The ids of all warnings that a class can raise under any NODE_ENV. */
function warningIds(type: ConfigClass): string[] {
  const overlays = [type, ...Object.values(type.environments)];
  const settings = overlays.flatMap((overlay) => [...settingsOf(type, overlay).values()]);
  const own = settings.filter(({ warn }) => warn !== undefined).map(warningIdOf);
  return [...new Set([...WARNING_IDS, ...own])];
}

function allWarnings({ settings, values, warnings, files, problems }: ConfigInspection): ConfigWarning[] {
  const env = environmentOf({});
  const faulty = new Set(problems.map(({ name }) => name));
  const sound = [...settings.values()].filter(({ name }) => !faulty.has(name));
  return [
    ...warnings,
    ...nodeOptionsAdvice(env),
    ...heapAdvice(),
    ...connectionAdvice(sound, values, env),
    ...secretFileAdvice(files),
    ...secretReuseAdvice(sound, values),
    ...undeclaredSecretAdvice(sound, values),
    ...unlistableKeyAdvice(values),
    ...keyScheduleAdvice(values),
  ];
}
