import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assertSupportedNode, UnsupportedNodeError } from '../src/config/load/node-version.js';
import { ROOT } from './support/run.js';

interface Manifest {
  readonly name: string;
  readonly engines: Readonly<Record<'node', string>>;
  readonly typesVersions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'src', name), 'utf8') }));

it('the manifest names each package that the sources import, and no other', () => {
  const imported = sources
    .flatMap(({ text }) => [...text.matchAll(/\b(?:from |import\()'([@a-z][^']*)'/g)])
    .map(([, specifier = '']) => specifier)
    // What nest add writes imports this package.
    .filter((specifier) => !isBuiltin(specifier) && specifier !== manifest.name)
    .map((specifier) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  // Decorators need reflect-metadata at run time, and @nestjs/cache-manager needs keyv. The compiler reads the types,
  // and is only refused where it is too old for them.
  const unimported = ['keyv', 'reflect-metadata', 'typescript'];
  const named = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
  expect([...new Set([...imported, ...unimported])].toSorted()).toEqual(named.toSorted());
});

it('only the subpath that is made for an optional package imports it when it loads', () => {
  const optional = Object.keys(manifest.peerDependenciesMeta);
  expect(optional).toContain('@nestjs/swagger');
  const imports = sources.flatMap(({ name, text }) =>
    [...text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^'.][^']*)'/gm)].map(
      ([, specifier = '']) => ({
        room: name.split('/')[0],
        specifier,
      }),
    ),
  );
  const atLoad = imports.filter(({ specifier }) => optional.includes(specifier));
  expect(new Set(atLoad.map(({ room, specifier }) => `${room}: ${specifier}`))).toEqual(
    new Set(['swagger: @nestjs/swagger']),
  );
});

it('each entry is built from a source of its own, and tests import it by its published name', async () => {
  const entries = Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : [{ path, source: target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts') }],
  );
  expect(entries.map(({ path }) => path)).toEqual(['.', './swagger', './testing']);
  for (const { path, source } of entries) {
    const published: unknown = await import(/* @vite-ignore */ join('nestjs-production-config', path));
    expect(published).toBe(await import(/* @vite-ignore */ join(ROOT, 'src', source)));
  }
});

it('the README names each peer that a Nest project does not have, for package managers that install none', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, named = ''] = /`nestjs-production-config (joi [^`]+)`/.exec(readme) ?? [];
  const inProject = new Set(['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs']);
  const needed = Object.keys(manifest.peerDependencies).filter(
    (name) => manifest.peerDependenciesMeta[name]?.optional !== true && !inProject.has(name),
  );
  expect(
    named
      .split(' ')
      .map((name) => name.replace(/(?<=.)@.*/, ''))
      .toSorted(),
  ).toEqual(needed);
});

it('installing the package brings at most four packages of its own', () => {
  expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(4);
});

it('compilers that know no exports find the types of each subpath', () => {
  const subpaths = Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === 'string' || path === '.' ? [] : [[path.slice('./'.length), [target.types]]],
  );
  expect(manifest.typesVersions).toEqual({ '*': Object.fromEntries(subpaths) });
});

it('a service refuses the versions of Node that npm warns of, and no other', () => {
  // Every alternative of the range is ^a.b.0 or >=a.0.0.
  const lines = manifest.engines.node.split(' || ').map((range) => {
    const [, operator, major, minor] = /^(\^|>=)(\d+)\.(\d+)\.0$/.exec(range)!;
    return { hasNoEnd: operator === '>=', major: Number(major), minor: Number(minor) };
  });
  const isInRange = (major: number, minor: number) =>
    lines.some((line) => (major === line.major ? minor >= line.minor : line.hasNoEnd && major > line.major));
  for (let major = 14; major < 40; major++) {
    for (let minor = 0; minor < 30; minor++) {
      const version = `${major}.${minor}.1`;
      if (isInRange(major, minor)) expect(() => assertSupportedNode(version), version).not.toThrow();
      else expect(() => assertSupportedNode(version), version).toThrow(UnsupportedNodeError);
    }
  }
  expect(() => assertSupportedNode('20.18.3')).toThrow(
    expect.objectContaining({
      code: 'ERR_UNSUPPORTED_NODE',
      message:
        'nestjs-production-config needs Node 20 from 20.19, Node 22 from 22.12, or Node 24 and later: this is 20.18.3',
    }),
  );
});
