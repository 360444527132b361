import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { BaseConfig, ConfigClass, Environment } from '../config/index.js';
import type { PaginationOptions } from '../pagination/index.js';

/**
 * What `forRoot` takes; everything has a default. Where `loadOrExit()` of the same class has run in this process and no
 * `env` is given, the module takes over that instance and reads nothing.
 */
export interface ProductionConfigOptions {
  /** The configuration class. Default: ProductionConfig. */
  readonly config?: ConfigClass<BaseConfig>;
  /** Stands in for the environment of the process, as in tests. No `.env` file is read then, unless `envFile` names one. */
  readonly env?: Environment;
  /** The file for development. Default: `.env`, which may be absent. Never read when NODE_ENV is 'production'. */
  readonly envFile?: string;
  /** The directory of mounted secrets, each in a file of its setting's name. Default: what $SECRETS_DIR names. */
  readonly secretsDir?: string;
  /** How lists are bounded. */
  readonly pagination?: PaginationOptions;
  /** Whether every module sees the providers without importing this one. Default: true. */
  readonly isGlobal?: boolean;
}

/** Secrets that the application fetched itself, by the name of their setting. */
export interface ApplicationSecrets {
  /** What was fetched; `undefined` and '' are as good as absent. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
}

/** What `forRootAsync` takes: the options of `forRoot`, and a factory for secrets. */
export interface ProductionConfigAsyncOptions extends ProductionConfigOptions {
  /** The modules that provide what is injected. Default: none. */
  readonly imports?: ModuleMetadata['imports'];
  /** What the factory gets, by token, in this order. Default: nothing. */
  readonly inject?: FactoryProvider['inject'];
  /** Its secrets win over every other source. */
  readonly useFactory: (...dependencies: never[]) => ApplicationSecrets | Promise<ApplicationSecrets>;
}
