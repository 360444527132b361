import type { ConfigClass } from '../model/config-class.js';
import { ConfigError } from '../model/config.error.js';
import { inspectConfig } from './config.inspection.js';
import { sentenceOf } from '../model/config.warning.js';
import { createInstance } from './config.instance.js';
import { redactCredentials } from '../model/redaction.js';
import type { ConfigSources } from '../sources/environment.source.js';

/**
 * Reads every source, checks all settings at once, and makes the frozen instance.
 *
 * @throws ConfigError with every problem
 */
export function loadConfig<T extends object>(type: ConfigClass<T>, sources: ConfigSources): T {
  const { subject, problems, warnings, ...loaded } = inspectConfig(type, sources);
  if (problems.length > 0) {
    // Warnings about unread sources and near misses may explain a problem.
    throw new ConfigError(
      subject,
      problems,
      warnings.map((warning) => String(redactCredentials(sentenceOf(warning)))),
    );
  }
  return createInstance(type, { ...loaded, subject, warnings });
}
