import { exitUnlessLoaded } from './load/config.boot.js';
import { loadConfig } from './load/load-config.js';
import type { ConfigClass, Environment, LoadOptions } from './model/config-class.js';

/**
 * Some settings of a configuration class: see `BaseConfig.pick()`.
 *
 * @example
 * ```ts
 * // A migration needs the database, and no SECRET_KEY.
 * const database = AppConfig.pick('getDatabaseConfig').load().getDatabaseConfig();
 * ```
 */
export class PickedConfig<T extends object> {
  readonly #type: ConfigClass;
  readonly #fields: readonly string[];

  /** @hidden */
  constructor(type: ConfigClass, fields: readonly string[]) {
    this.#type = type;
    this.#fields = fields;
  }

  /**
   * Reads and checks the picked settings, and those that their rules refer to. Any other setting throws if it is read.
   *
   * @param env replaces the environment of the process, as for `load()` of the class
   * @throws ConfigError with every problem of these settings
   */
  load(env?: Environment, options: LoadOptions = {}): T {
    return loadConfig(this.#type, { env, ...options, only: this.#fields }) as T;
  }

  /** Like `load()`, but an invalid environment ends the process with the report and exit code 78. */
  loadOrExit(env?: Environment, options: LoadOptions = {}): T {
    return exitUnlessLoaded(() => this.load(env, options));
  }
}
