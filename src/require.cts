const NODE = `Node can do that from 20.19, 22.12 and 24; this is ${process.versions.node}`;
const LINE = `this line in its configuration:
  "transformIgnorePatterns": ["/node_modules/(?!(.pnpm|nestjs-production-config|@nestjs)/)"]`;
const JEST = `Jest needs ${LINE}`;
// There Jest runs an ES module as such, whatever the line says.
const JEST_VM_MODULES = `Jest with --experimental-vm-modules refuses it: run Jest without this option, and with ${LINE}`;

/** Thrown if `require()` cannot load ES modules. */
class RequireError extends Error {
  readonly code = 'ERR_REQUIRE_UNSUPPORTED';

  constructor(help: string, cause: unknown) {
    super(`nestjs-production-config consists of ES modules, which require() could not load here. ${help}`, {
      cause,
    });
    this.name = 'RequireError';
  }
}

// Jest defines this global in each module that it runs.
declare const jest: unknown;

try {
  require('./index.js');
} catch (error) {
  const { code, name } = error as NodeJS.ErrnoException;
  const isJest = typeof jest !== 'undefined';
  // Without the option, Jest runs an ES module as a script and fails at its first import.
  if (code !== 'ERR_REQUIRE_ESM' && !(isJest && name === 'SyntaxError')) throw error;
  if (isJest && code === 'ERR_REQUIRE_ESM') throw new RequireError(JEST_VM_MODULES, error);
  // If this Node supports it, another loader such as Jest has replaced Node's.
  throw new RequireError(isJest || process.features.require_module ? JEST : NODE, error);
}
