import { writeSync } from 'node:fs';
import { lookOf } from '../../common/terminal.js';
import { ConfigError, reportOf } from '../model/config.error.js';
import type { ConfigClass } from '../model/config-class.js';
import { type ConfigSources, environmentOf } from '../sources/environment.source.js';
import { loadConfig } from './load-config.js';
import { UnsupportedNodeError } from './node-version.js';

/** EX_CONFIG of sysexits.h: the configuration is invalid, so a restart does not help. */
const EX_CONFIG = 78;

const booted = new WeakMap<Function, object>();

/** Loads the configuration and keeps it for the module, or prints the report and ends the process. */
export function loadConfigOrExit<T extends object>(type: ConfigClass<T>, sources: ConfigSources): T {
  const config = exitUnlessLoaded(() => loadConfig(type, sources));
  booted.set(type, config);
  return config;
}

/** Variables that Vitest, Jest and the test runner of Node set. */
const TEST_RUNNERS = ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT'];

/** If the environment is invalid, prints the report and ends the process; a test runner gets the error instead. */
export function exitUnlessLoaded<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    const env = environmentOf({});
    if (!isStartupError(error) || TEST_RUNNERS.some((name) => env[name] !== undefined)) throw error;
    printReport(error);
    process.exit(EX_CONFIG);
  }
}

/** The instance that `loadOrExit()` made for exactly this class, if any. */
export function bootedInstanceOf(type: Function): object | undefined {
  return booted.get(type);
}

/** Whether the message alone explains why the service cannot start: no stack trace is needed. */
export function isStartupError(error: unknown): error is ConfigError | UnsupportedNodeError {
  return error instanceof ConfigError || error instanceof UnsupportedNodeError;
}

/** Synchronously, because the process may be about to end. On a terminal, it is coloured and wrapped. */
export function printReport(error: ConfigError | UnsupportedNodeError): void {
  try {
    const text = error instanceof ConfigError ? reportOf(error, lookOf(process.stderr)) : error.message;
    writeSync(2, `${text}\n`);
  } catch {
    // stderr is closed; the exit code still reports the failure.
  }
}
