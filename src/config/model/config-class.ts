import type { Check } from './check.js';

/** A configuration class: BaseConfig or anything that extends it. */
export interface ConfigClass<T extends object = object> extends Function {
  /** Throws: instances are made by `load()`. */
  new (): T;
  /** The object from which instances inherit. */
  readonly prototype: T;
  /** Classes by environment name. Their rules override this class's if NODE_ENV in the real environment is that name. */
  readonly environments: Readonly<Record<string, ConfigClass>>;
  /** The checks of the application: see `defineCheck()`. */
  readonly checks: readonly Check[];
  /** Why warnings are acceptable, by their id or `<id>:<setting>`. */
  readonly silences: Readonly<Record<string, string>>;
}

/** The classes that a class extends, nearest first. */
export function ancestorsOf(type: Function): Function[] {
  const parent: unknown = Object.getPrototypeOf(type);
  return typeof parent === 'function' && parent !== Function.prototype
    ? [parent, ...ancestorsOf(parent)]
    : [];
}

/** How `load()` reads the environment. */
export interface LoadOptions {
  /**
   * The file for development, or several: the first one that has a value wins. Default: `.env`, if it exists. A file named
   * here must exist; of several, at least one. [] reads none. No file is read if NODE_ENV is 'production'. If `env` is
   * passed, only named files are read.
   */
  readonly envFile?: string | readonly string[];
  /**
   * Whether `${NAME}` and `${NAME:-default}` in these files are replaced by the value in the environment, or else in the
   * files. In single quotes and after a backslash they are literal. Default: false; a reference is then reported.
   */
  readonly expand?: boolean;
  /**
   * The directory of mounted secrets (Docker, Kubernetes, Vault Agent): each `@Secret` X is in a file X. Default:
   * $SECRETS_DIR. systemd's $CREDENTIALS_DIRECTORY is always read.
   */
  readonly secretsDir?: string;
  /**
   * The directory of mounted settings that are not secrets (a ConfigMap of Kubernetes, a config of Docker): each `@Env` X is
   * in a file X. Default: $SETTINGS_DIR. A secret in it is refused.
   */
  readonly settingsDir?: string;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;
