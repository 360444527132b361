import { readFileSync } from 'node:fs';

const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** The API reference: every entry that is published, and nothing that is not explained. */
export default {
  name: 'nestjs-production-config',
  entryPoints: Object.values(exports).flatMap(({ types }) =>
    types === undefined ? [] : [types.replace(/^\.\/dist\/(.*)\.d\.ts$/, './src/$1.ts')],
  ),
  tsconfig: 'tsconfig.build.json',
  out: '.build/api',
  readme: 'none',
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  disableGit: true,
  disableSources: true,
  treatWarningsAsErrors: true,
  validation: {
    notExported: true,
    invalidLink: true,
    invalidPath: true,
    rewrittenLink: true,
    notDocumented: true,
  },
  // Constructors of what Nest injects are its own affair.
  requiredToBeDocumented: [
    ...['Class', 'Interface', 'TypeAlias', 'Function', 'Variable'],
    ...['Method', 'Property', 'Accessor'],
  ],
  // What the public face is made of, and nobody names.
  intentionallyNotExported: [
    ...[
      'CacheableDecorator',
      'CacheEngine',
      'CacheEvictDecorator',
      'ConditionalDecorator',
      'GroupDecorator',
      'HttpCache',
      'InheritedDecorator',
      'KeyPart',
      'KeyReload',
      'KeySettings',
    ],
    ...['Method', 'PageRoutes', 'Passed', 'SettingRule', 'RuleOutput', 'SettingDecorator', 'Signable'],
  ],
};
