// What the package is promised for; the README's sentence about versions says the same.
export const NODES = ['20.19', '22', '24', '26'];
export const TYPESCRIPTS = ['5.8', '5.9', '6.0', '7.0'];
/** Versions on which a service has to say that they will not do. */
export const REFUSED_NODES = ['18', '20.18', '21', '22.11', '23'];
export const ADAPTERS = ['express', 'fastify'];

const nest = (major, ...names) => names.map((name) => `@nestjs/${name}@^${major}.0.0`);

/** The projects: a line of Nest with what its users have beside it, and what `--brief` tries of it. */
export const LINES = [
  {
    nest: '11',
    name: 'Nest 11 with config 4 and cache-manager 3',
    type: 'commonjs',
    brief: { node: '20.19', typescript: '5.9' },
    typescript: '^5.7.3',
    companions: [
      '@nestjs/config@^4.0.0',
      '@nestjs/cache-manager@^3.0.0',
      'cache-manager@^7.0.0',
      'joi@^18.0.0',
    ],
  },
  {
    nest: '11',
    name: 'Nest 11 with the peers that npm adds',
    type: 'commonjs',
    brief: { node: '22', typescript: '5.8' },
    typescript: '^5.7.3',
    companions: [],
  },
  {
    nest: '12',
    name: 'Nest 12 with the peers that npm adds',
    type: 'module',
    brief: { node: '24', typescript: '6.0' },
    typescript: '^6.0.2',
    companions: [],
  },
].map((line) => ({
  ...line,
  packages: [
    ...nest(line.nest, 'common', 'core', 'platform-express', 'platform-fastify', 'swagger'),
    ...line.companions,
    'reflect-metadata@^0.2.2',
    'rxjs@^7.8.1',
    '@types/node@^24.0.0',
    `typescript@${line.typescript}`,
  ],
}));

// What the command line of Nest writes into a new project's tsconfig.json, the same in 11 and 12.
const GENERATED = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  resolvePackageJsonExports: true,
  esModuleInterop: true,
  isolatedModules: true,
  declaration: true,
  removeComments: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  allowSyntheticDefaultImports: true,
  target: 'ES2023',
  sourceMap: false,
  outDir: './dist',
  skipLibCheck: true,
  forceConsistentCasingInFileNames: true,
};
const GENERATED_11 = {
  ...GENERATED,
  baseUrl: './',
  strictNullChecks: true,
  noImplicitAny: false,
  strictBindCallApply: false,
  noFallthroughCasesInSwitch: false,
};
const GENERATED_12 = {
  ...GENERATED,
  rootDir: './src',
  strict: true,
  strictPropertyInitialization: false,
  types: ['node'],
};

/** The compiler settings that a line's users have, for a compiler of the given version. */
export function settingsOf({ nest: line }, typescript) {
  if (line === '12') return { nodenext: GENERATED_12 };
  const nodenext = current(GENERATED_11, typescript);
  const { resolvePackageJsonExports: _, ...others } = nodenext;
  return {
    nodenext,
    // The oldest way to find packages; TypeScript 7 has another one in its place.
    commonjs: {
      ...others,
      module: 'commonjs',
      moduleResolution: Number(typescript) < 7 ? 'node10' : 'bundler',
      ...(typescript.startsWith('6') ? { ignoreDeprecations: '6.0' } : {}),
    },
  };
}

/** What the settings of Nest 11 have to become for TypeScript 6 and 7. */
function current({ baseUrl, ...settings }, typescript) {
  return Number(typescript) < 6
    ? { ...settings, baseUrl }
    : { ...settings, rootDir: './src', types: ['node'] };
}
