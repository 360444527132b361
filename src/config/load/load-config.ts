import type { ConfigClass } from '../model/config-class.js';
import { ConfigError } from '../model/config.error.js';
import { examine } from './config.examination.js';
import { sentenceOf } from '../model/config.warning.js';
import { createInstance } from './config.instance.js';
import { shown } from '../model/redaction.js';
import type { ConfigSources } from '../sources/environment.source.js';

/**
 * Reads every source, checks all settings at once, and makes the frozen instance.
 *
 * @throws ConfigError with every problem
 */
export function loadConfig<T extends object>(type: ConfigClass<T>, sources: ConfigSources): T {
  const { subject, problems, warnings, ...loaded } = examine(type, sources);
  if (problems.length > 0) {
    // What was not read may explain a problem, and a near miss or a warning would be the next thing to find.
    throw new ConfigError(
      subject,
      problems,
      warnings.map((warning) => String(shown(sentenceOf(warning)))),
    );
  }
  return createInstance(type, { ...loaded, warnings });
}
