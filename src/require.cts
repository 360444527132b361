const HELP = `nestjs-production-config is made of ES modules, which could not be loaded by require() here.
- Node loads them from 20.19, 22.12 and 24 on; this is ${process.versions.node}.
- Jest needs one line in its configuration:
  "transformIgnorePatterns": ["/node_modules/(?!(.pnpm|nestjs-production-config|@nestjs)/)"]`;

/** Raised where `require()` cannot load ES modules. */
class RequireError extends Error {
  readonly code = 'ERR_REQUIRE_UNSUPPORTED';

  constructor(cause: unknown) {
    super(HELP, { cause });
    this.name = 'RequireError';
  }
}

try {
  require('./index.js');
} catch (error) {
  const { code, name } = error as NodeJS.ErrnoException;
  // Node refuses an ES module by this code; Jest runs it as a script, which ends at its first import.
  if (code === 'ERR_REQUIRE_ESM' || name === 'SyntaxError') throw new RequireError(error);
  throw error;
}
