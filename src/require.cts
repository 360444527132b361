const HELP: Readonly<Record<string, string>> = {
  ERR_REQUIRE_ESM: `Node loads them by it from 20.19, 22.12 and 24 on; this is ${process.versions.node}`,
  // Jest runs an ES module that it may not transform as a script, which ends at its first import.
  SyntaxError: `Jest loads them with one line in its configuration:
  "transformIgnorePatterns": ["/node_modules/(?!(.pnpm|nestjs-production-config|@nestjs)/)"]`,
};

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

try {
  require('./index.js');
} catch (error) {
  const { code = '', name } = error as NodeJS.ErrnoException;
  const help = HELP[code] ?? HELP[name];
  throw help === undefined ? error : new RequireError(help, error);
}
