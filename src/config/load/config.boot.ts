import { writeSync } from 'node:fs';
import { ConfigError } from '../model/config.error.js';
import type { ConfigClass } from '../model/config-class.js';
import type { ConfigSources } from '../sources/environment.source.js';
import { loadConfig } from './load-config.js';
import { UnsupportedNodeError } from './node-version.js';

/** EX_CONFIG of sysexits.h: the configuration is at fault, so a restart will not help. */
const EX_CONFIG = 78;

const booted = new WeakMap<Function, object>();

/** Keeps the configuration for the module of the same process, or prints the report and ends the process. */
export function loadConfigOrExit<T extends object>(type: ConfigClass<T>, sources: ConfigSources): T {
  try {
    const config = loadConfig(type, sources);
    booted.set(type, config);
    return config;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    printReport(error);
    process.exit(EX_CONFIG);
  }
}

/** The instance of this very class that `loadOrExit()` made, if it did. */
export function bootedInstanceOf(type: Function): object | undefined {
  return booted.get(type);
}

/** What says by itself why a service cannot start here: no frame would add to it. */
export function isRefusal(error: unknown): error is ConfigError | UnsupportedNodeError {
  return error instanceof ConfigError || error instanceof UnsupportedNodeError;
}

/** Synchronously, because the process may be about to end. */
export function printReport({ message }: ConfigError | UnsupportedNodeError): void {
  try {
    writeSync(2, `${message}\n`);
  } catch {
    // Nobody reads stderr any more; the exit code still tells.
  }
}
