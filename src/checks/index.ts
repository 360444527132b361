import { type BaseConfig, type ConfigClass, type ConfigWarning, stateOf } from '../config/index.js';
import type { ChecksReport } from './all-checks.js';

// A start loads the checks only if the class has checks or silences of its own.

/**
 * The warnings of the load that the class does not silence.
 *
 * @throws ConfigDefinitionError if a check or a silence of the class is invalid
 */
export async function bootWarnings(config: BaseConfig): Promise<readonly ConfigWarning[]> {
  const { warnings } = stateOf(config);
  const { checks, silences } = config.constructor as ConfigClass;
  if (checks.length === 0 && Object.keys(silences).length === 0) return warnings;
  return (await import('./all-checks.js')).unsilenced(config, warnings);
}

/** What the application's own checks find, except what its class silences. */
export async function ownFindings(config: BaseConfig): Promise<readonly ConfigWarning[]> {
  if ((config.constructor as ConfigClass).checks.length === 0) return [];
  const { runOwnChecks, unsilenced } = await import('./all-checks.js');
  return unsilenced(config, await runOwnChecks(config));
}

/** Runs all checks of a loaded configuration: of this package, and of the application. Never throws for a check. */
export async function runChecks(config: BaseConfig): Promise<ChecksReport> {
  return (await import('./all-checks.js')).checkLoaded(config);
}
