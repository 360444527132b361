const NODE = `Node loads them by it from 20.19, 22.12 and 24 on; this is ${process.versions.node}`;
const JEST = `Jest loads them with one line in its configuration:
  "transformIgnorePatterns": ["/node_modules/(?!(.pnpm|nestjs-production-config|@nestjs)/)"]`;

/** Raised where `require()` cannot load ES modules. */
class RequireError extends Error {
  readonly code = 'ERR_REQUIRE_UNSUPPORTED';

  constructor(help: string, cause: unknown) {
    super(`nestjs-production-config is made of ES modules, which require() could not load here. ${help}`, {
      cause,
    });
    this.name = 'RequireError';
  }
}

// Jest gives it to each module that it runs.
declare const jest: unknown;

try {
  require('./index.js');
} catch (error) {
  const { code, name } = error as NodeJS.ErrnoException;
  const isJest = typeof jest !== 'undefined';
  // Earlier versions of Jest run an ES module as a script, which ends at its first import.
  if (code !== 'ERR_REQUIRE_ESM' && !(isJest && name === 'SyntaxError')) throw error;
  // Where Node itself could do it, something else loads modules in its place.
  throw new RequireError(isJest || process.features.require_module ? JEST : NODE, error);
}
