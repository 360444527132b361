import { ProductionConfigError } from './production-config.error.js';

/**
 * An optional package is needed but not installed.
 *
 * @example
 * ```ts
 * constructor(private readonly metrics: CacheMetrics) {}
 *
 * async onModuleInit() {
 *   await this.metrics.register(register).catch((error: unknown) => {
 *     if (!(error instanceof MissingPackageError)) throw error; // prom-client is not installed: no metrics
 *   });
 * }
 * ```
 */
export class MissingPackageError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_MISSING_PACKAGE';

  constructor(purpose: string, name: string) {
    super('MissingPackageError', `${purpose} needs the package ${name}: npm i ${name}`);
  }
}

/**
 * The `.catch()` handler for the import of an optional peer. It must directly follow `import()`: that tells bundlers
 * that the package may be absent.
 *
 * @throws MissingPackageError if the package is not installed
 */
export function orMissing(purpose: string, name: string): (error: unknown) => never {
  return (error) => {
    orAbsent(error);
    throw new MissingPackageError(purpose, name);
  };
}

/** The `.catch()` handler for the import of an optional peer whose absence is not an error. */
export function orAbsent(error: unknown): undefined {
  // Yarn PnP and `require()`, into which some bundlers turn `import()`, use the code without ERR_.
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
}
