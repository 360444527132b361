import { ProductionConfigError } from './production-config.error.js';

/** A package that only a part of the library needs is not installed. */
export class MissingPackageError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_MISSING_PACKAGE';

  constructor(purpose: string, name: string) {
    super('MissingPackageError', `${purpose} needs the package ${name}: npm i ${name}`);
  }
}

/**
 * What the import of an optional peer is caught with. It has to stand right behind `import()`: bundlers take it for a
 * sign that the package may be absent.
 *
 * @throws MissingPackageError where the package is not installed
 */
export function orMissing(purpose: string, name: string): (error: unknown) => never {
  return (error) => {
    orAbsent(error);
    throw new MissingPackageError(purpose, name);
  };
}

/** What the import of an optional peer is caught with where its absence is no fault. */
export function orAbsent(error: unknown): undefined {
  // `require()`, which some bundlers make of `import()`, and Yarn PnP have the code without ERR_.
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
}
