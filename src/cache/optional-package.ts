/** A package that only a part of the library needs is not installed. */
export class MissingPackageError extends Error {
  /** Stable. */
  readonly code = 'ERR_MISSING_PACKAGE';

  constructor(purpose: string, name: string) {
    super(`${purpose} needs the package ${name}: npm i ${name}`);
    this.name = 'MissingPackageError';
  }
}

/** Imports an optional peer, or says what to install. */
export async function importPackage<T>(purpose: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND')
      throw new MissingPackageError(purpose, name);
    throw error;
  }
}
