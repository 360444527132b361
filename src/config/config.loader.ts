import type { ConfigClass } from './config-class.js';
import { ConfigError } from './config.error.js';
import { examine } from './config.examination.js';
import { sentenceOf } from './config.warning.js';
import type { LoadedSettings } from './loaded-settings.js';
import { shown } from './redaction.js';
import type { ConfigSources } from './sources/environment.source.js';

/** Reads every source, checks all settings at once and answers with values, or throws one ConfigError. */
export function loadSettings(type: ConfigClass, sources: ConfigSources): LoadedSettings {
  const { subject, problems, warnings, settings, values, origins } = examine(type, sources);
  if (problems.length > 0) {
    // What was not read may explain a problem, and a near miss or a warning would be the next thing to find.
    throw new ConfigError(
      subject,
      problems,
      warnings.map((warning) => String(shown(sentenceOf(warning)))),
    );
  }
  return { settings, values, origins, warnings };
}
