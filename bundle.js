// The second half of `npm run build`: joins the modules that tsc wrote to dist/, because few files are imported faster.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { rolldown } from 'rolldown';

const DIST = 'dist';
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

const { exports, bin, schematics } = json('package.json');
const entries = [
  ...Object.values(exports).flatMap((target) => target.default ?? []),
  ...Object.values(bin),
  ...Object.values(json(schematics).schematics).map(({ factory }) => factory.replace(/^\.(.+)#.+$/, '$1.js')),
];

// One graph, in which all entries share each class. Code of several entries goes to chunks, so that none loads too much.
const graph = await rolldown({
  input: Object.fromEntries(entries.map((path) => [path.replace(/^\.\/dist\/(.+)\.js$/, '$1'), path])),
  // All packages: neither relative nor absolute.
  external: /^(?![./]|\w:)/,
  // Not 'node': that adds createRequire(import.meta.url), which users' bundlers cannot turn into CommonJS.
  platform: 'neutral',
  preserveEntrySignatures: 'strict',
  treeshake: false,
  plugins: [
    {
      name: 'maps-to-sources',
      load: {
        filter: { id: /\.js$/ },
        handler: (id) => ({ code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }),
      },
    },
  ],
});
const { output } = await graph.write({
  dir: DIST,
  chunkFileNames: 'chunks/[name].js',
  sourcemap: true,
  // Names of classes are public: logs and injection errors show them.
  keepNames: true,
  minify: false,
  minifyInternalExports: false,
});

const written = new Set(output.map(({ fileName }) => normalize(fileName)));
for (const path of readdirSync(DIST, { recursive: true })) {
  if (/\.js(\.map)?$/.test(path) && !written.has(path)) rmSync(join(DIST, path));
}
