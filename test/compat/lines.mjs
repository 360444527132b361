// The supported versions; they match the versions in the README.
import { readFileSync } from 'node:fs';

const { peerDependencies: PEERS } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);
export const NODES = ['20.19', '22', '24', '26'];
export const TYPESCRIPTS = ['5.8', '5.9', '6.0', '7.0'];
/** Versions of Node that a service must refuse. */
export const REFUSED_NODES = ['18', '20.18', '21', '22.11', '23'];
export const ADAPTERS = ['express', 'fastify'];
const SOCKETS = ['websockets', 'platform-ws', 'platform-socket.io'];

/** The projects: a line of Nest with companion packages, and the part of it that `--brief` tests, if any. */
export const LINES = [
  {
    nest: '11',
    name: 'Nest 11 with config 4 and cache-manager 3',
    type: 'commonjs',
    // The script jest tests these companions.
    brief: undefined,
    packages: [
      ...newest('11', '^5.7.3'),
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
    // The script nest-add runs this line, too.
    brief: undefined,
    packages: newest('11', '^5.7.3'),
  },
  {
    nest: '11',
    name: 'Nest 11 with the lowest version of each peer',
    type: 'commonjs',
    brief: { node: '22', typescript: '5.9' },
    // 11.0.3 is the first version of the Fastify adapter that requires Nest 11.
    packages: [
      ...lowest('11'),
      '@nestjs/platform-express@11.0.1',
      '@nestjs/platform-fastify@11.0.3',
      '@nestjs/websockets@11.0.1',
      '@nestjs/platform-socket.io@11.0.1',
      // The first one of Nest 11.
      '@nestjs/platform-ws@11.0.5',
    ],
  },
  {
    nest: '12',
    name: 'Nest 12 with the peers that npm adds',
    type: 'module',
    // The specs run on this line, nest-add and the recipes install it, and the recipes run on Node 24.
    brief: undefined,
    packages: newest('12', '^6.0.2'),
  },
  {
    nest: '12',
    name: 'Nest 12 with the lowest version of each peer',
    type: 'module',
    brief: { node: '20.19', typescript: '5.8' },
    packages: [
      ...lowest('12'),
      ...['platform-express', 'platform-fastify', ...SOCKETS].map((name) => `@nestjs/${name}@12.0.1`),
    ],
  },
];

/** The packages of a service of this major before it installs the package, and the optional peers. */
function newest(nest, typescript) {
  const ofNest = ['common', 'core', 'platform-express', 'platform-fastify', 'swagger', ...SOCKETS];
  const others = ['@redis/client', 'memjs', 'prom-client', 'reflect-metadata', 'rxjs'];
  return [
    ...ofNest.map((name) => `@nestjs/${name}@^${nest}.0.0`),
    ...others.map((name) => `${name}@${PEERS[name]}`),
    '@types/node@^24.0.0',
    `typescript@${typescript}`,
  ];
}

/** Every peer in the lowest version of its range for this major. */
function lowest(nest) {
  const peers = Object.entries(PEERS).map(([name, range]) => {
    const versions = range.split(' || ').map((part) => part.replace(/^(?:\^|>=)/, ''));
    const [first] = versions.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    return `${name}@${versions.find((version) => version.startsWith(`${nest}.`)) ?? first}`;
  });
  return [...peers, '@types/node@^20.19.0'];
}

// The settings that the Nest CLI writes to tsconfig.json of a new project, in both 11 and 12.
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

/** The compiler settings of projects of a line, for a compiler of the given version. */
export function settingsOf({ nest: line }, typescript) {
  if (line === '12') return { nodenext: GENERATED_12 };
  const nodenext = current(GENERATED_11, typescript);
  const { resolvePackageJsonExports: _, ...others } = nodenext;
  return {
    nodenext,
    // The oldest module resolution; TypeScript 7 replaces it.
    commonjs: {
      ...others,
      module: 'commonjs',
      moduleResolution: Number(typescript) < 7 ? 'node10' : 'bundler',
      ...(typescript.startsWith('6') ? { ignoreDeprecations: '6.0' } : {}),
    },
  };
}

/** Adapts the settings of Nest 11 to TypeScript 6 and 7. */
function current({ baseUrl, ...settings }, typescript) {
  return Number(typescript) < 6
    ? { ...settings, baseUrl }
    : { ...settings, rootDir: './src', types: ['node'] };
}
