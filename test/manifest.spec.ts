import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './support/run.js';

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'src', name), 'utf8') }));

it('the manifest names each package that the sources import, and no other', () => {
  const imported = sources
    .flatMap(({ text }) => [...text.matchAll(/\b(?:from |import\()'([^'.][^']*)'/g)])
    .map(([, specifier = '']) => specifier)
    // What nest add writes imports this package.
    .filter((specifier) => !isBuiltin(specifier) && specifier !== manifest.name)
    .map((specifier) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  // Decorators need reflect-metadata at run time, and @nestjs/cache-manager brings its own use of cache-manager.
  const unimported = ['cache-manager', 'reflect-metadata'];
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

it('installing the package brings at most four packages of its own', () => {
  expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(4);
});
