import { readdirSync, readFileSync } from 'node:fs';
import { Comment, CommentTag, Converter, OptionDefaults, ReflectionKind } from 'typedoc';

const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** Where the reference shows what a room of `src/` exports. */
const GROUPS = {
  cache: 'Cache',
  common: 'Operations and fleet',
  config: 'Configuration',
  fleet: 'Operations and fleet',
  keys: 'Keys',
  lifecycle: 'Lifecycle',
  module: 'Configuration',
  operations: 'Operations and fleet',
  pagination: 'Pagination',
  swagger: 'Pagination',
  testing: 'Configuration',
};

function groupOf(exported) {
  const { packagePath } = exported.project.getSymbolIdFromReflection(exported);
  if (packagePath.endsWith('.error.ts') || exported.name.endsWith('Error')) return 'Errors';
  if (exported.kindOf(ReflectionKind.Function) && /^[A-Z]/.test(exported.name)) return 'Decorators';
  // Types of the reports belong to several rooms.
  const [, room] = (exported.parent.name.endsWith('/operations') ? 'src/operations' : packagePath).split('/');
  if (GROUPS[room] === undefined) throw new Error(`${packagePath} belongs to no group of the API reference`);
  return GROUPS[room];
}

/** Puts each export into its group, and names the guides by their headings. */
function arrange(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const exported of project.children.flatMap(({ children }) => children)) {
      const [owner] = exported.signatures ?? [exported];
      owner.comment ??= new Comment();
      owner.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: groupOf(exported) }]));
    }
    for (const guide of project.documents) {
      guide.name = /^# (.*)$/m.exec(guide.content[0].text)[1];
      guide.frontmatter.group = 'Guides';
    }
  });
}

const guides = readdirSync(new URL('docs', import.meta.url)).filter(
  (name) => name.endsWith('.md') && name !== 'README.md',
);

/** The API reference: every entry that is published, and nothing that is not explained. */
export default {
  name: 'nestjs-production-config',
  entryPoints: Object.values(exports).flatMap(({ types }) =>
    types === undefined ? [] : [types.replace(/^\.\/dist\/(.*)\.d\.ts$/, './src/$1.ts')],
  ),
  tsconfig: 'tsconfig.build.json',
  out: '.build/api',
  readme: 'docs/README.md',
  projectDocuments: ['README.md', ...guides.map((name) => `docs/${name}`)],
  includeVersion: true,
  plugin: [arrange],
  groupOrder: [
    'Guides',
    'Modules',
    'Configuration',
    'Keys',
    'Cache',
    'Pagination',
    'Lifecycle',
    'Operations and fleet',
    'Errors',
    'Decorators',
    '*',
  ],
  navigation: { includeGroups: true },
  highlightLanguages: [...OptionDefaults.highlightLanguages, 'diff', 'dockerfile', 'http', 'ini', 'sql'],
  ignoredHighlightLanguages: ['env', 'mermaid'],
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
