import { runAllChecks } from '../checks/all-checks.js';
import { type Silence, parseSilence } from '../checks/silences.js';
import { warningIdsOf } from '../checks/warning-ids.js';
import { cacheSentence } from '../config/cache.config.js';
import type { ConfigClass } from '../config/model/config-class.js';
import type { Setting } from '../config/model/config-shape.js';
import { createInstance } from '../config/load/config.instance.js';
import { type ConfigInspection, inspectConfig } from '../config/load/config.inspection.js';
import { type CheckReport, describeSettings, renderCheck } from './check.report.js';
import { type Arguments, CommandError, type Outcome, fieldsOf } from './command.js';
import { checkConnections } from './connect/connections.js';
import { configClassOf, sourcesOf } from './config-file.js';
import { missingClient } from './missing-client.js';

export async function runCheck({ values }: Arguments): Promise<Outcome> {
  const file = values['config'] as string | undefined;
  const type = await configClassOf(file);
  const hint =
    file === undefined
      ? `\nOnly the settings of ${type.name} were checked: name your own class with --config.\n`
      : '';
  const sources = sourcesOf(values);
  const only = fieldsOf(values);
  if (only !== undefined && values['connect'] === true) {
    throw new CommandError('--connect needs the whole configuration: leave --only out', true);
  }
  const read = inspectConfig(type, { ...sources, only });
  const config = read.problems.length === 0 ? createInstance(type, read) : undefined;
  // What the service builds at startup: a faulty class fails here.
  const cache = only === undefined ? config?.getCacheConfig() : undefined;
  const examination = { ...read, problems: cache === undefined ? read.problems : missingClient(cache) };
  const silences = silencesIn(values['silence'] as string[] | undefined, type);
  const service = config && cache && examination.problems.length === 0 ? { config, cache } : undefined;
  const found = service && values['connect'] === true ? await checkConnections(service) : undefined;
  const problems = [...examination.problems, ...(found?.problems ?? [])];
  const { findings, ...silencing } = await runAllChecks({
    ...read,
    type,
    settings: soundSettings(examination),
    service,
    connected: found?.warnings,
    silences,
  });
  const report: CheckReport = {
    config: read.subject,
    settings: describeSettings(examination),
    ...(cache === undefined ? {} : { cache: cacheSentence(cache) }),
    ...(found === undefined ? {} : { connections: found.connections }),
    problems,
    warnings: findings,
    ...silencing,
  };
  return {
    output:
      values['json'] === true ? `${JSON.stringify(report, null, 2)}\n` : `${renderCheck(report)}${hint}`,
    ok: problems.length === 0 && (values['strict'] !== true || report.warnings.length === 0),
  };
}

/** Each is `<id>=<reason>` or `<id>:<setting>=<reason>`. */
function silencesIn(texts: readonly string[] = [], type: ConfigClass): Silence[] {
  const known = warningIdsOf(type);
  return texts.map((text) => {
    const [, what = text, reason = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    return parseSilence(what, reason, known, (message) => new CommandError(`--silence: ${message}`));
  });
}

function soundSettings({ settings, problems }: ConfigInspection): Setting[] {
  const faulty = new Set(problems.map(({ name }) => name));
  return [...settings.values()].filter(({ name }) => !faulty.has(name));
}
