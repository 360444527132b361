/** A configuration class: BaseConfig or anything that extends it. */
export interface ConfigClass<T extends object = object> extends Function {
  /** Throws: instances are made by `load()`. */
  new (): T;
  /** What instances inherit. */
  readonly prototype: T;
  /** Classes whose rules are laid over this one's when NODE_ENV, in the real environment, has their name. */
  readonly environments: Readonly<Record<string, ConfigClass>>;
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
   * The file for development, `.env` by default. A file that is named here has to exist. None is read when
   * NODE_ENV is 'production', nor, unless it is named, when an environment is passed.
   */
  readonly envFile?: string;
  /**
   * The directory in which secrets are mounted (Docker, Kubernetes, Vault Agent): each `@Secret` X in a file X. Default:
   * the directory that $SECRETS_DIR names. systemd's $CREDENTIALS_DIRECTORY is read in any case.
   */
  readonly secretsDir?: string;
}

/** Variables by name, as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;
