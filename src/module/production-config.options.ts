import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { BaseConfig, ConfigClass, Environment, LoadOptions } from '../config/index.js';
import type { ProbeOptions } from '../lifecycle/index.js';
import type { PaginationOptions } from '../pagination/index.js';

/**
 * The options of `forRoot`; all have defaults. If `loadOrExit()` of the same class has run in this process and `env` is
 * not given, the module uses that instance and reads nothing.
 */
export interface ProductionConfigOptions extends LoadOptions {
  /** The configuration class. Default: ProductionConfig. */
  readonly config?: ConfigClass<BaseConfig>;
  /** Replaces the environment of the process, for tests. No `.env` file is read then, unless `envFile` names one. */
  readonly env?: Environment;
  /** Further limits of lists. */
  readonly pagination?: PaginationOptions;
  /** The paths of the probes that `shutdownGracefully()` answers; false for none. Default: `/livez` and `/readyz`. */
  readonly probes?: ProbeOptions | false;
  /**
   * Whether workers report to the Redis of CACHE_URL which settings and keys they have: see `Fleet`. If it is true and there
   * is no such server, a log line says so. Default: true, unless NODE_ENV is 'test' or SECRET_KEY is a default of the class.
   */
  readonly fleet?: boolean;
  /** Whether every module sees the providers without importing this one. Default: true. */
  readonly isGlobal?: boolean;
}

/** Secrets that the application fetched itself. */
export interface ApplicationSecrets {
  /** The secrets by name of the setting; `undefined` and '' mean absent. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
}

/** The options of `forRootAsync`: those of `forRoot`, and a factory for secrets. */
export interface ProductionConfigAsyncOptions extends ProductionConfigOptions {
  /** The modules that provide the injected tokens. Default: none. */
  readonly imports?: ModuleMetadata['imports'];
  /** The tokens of the factory's arguments, in order. Default: none. */
  readonly inject?: FactoryProvider['inject'];
  /** Returns the secrets, which override every other source. */
  readonly useFactory: (...dependencies: never[]) => ApplicationSecrets | Promise<ApplicationSecrets>;
}

/** Whether a module is registered. The parameter may have the type of the application's own class. */
export type ConfigCondition = { holds(config: BaseConfig): boolean }['holds'];
