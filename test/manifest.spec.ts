import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './support/run.js';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'src', name), 'utf8') }));

it('the manifest names each package that the sources import, and no other', () => {
  const imported = sources
    .flatMap(({ text }) => [...text.matchAll(/\b(?:from |import\()'([^'.][^']*)'/g)])
    .map(([, specifier = '']) => specifier)
    .filter((specifier) => !isBuiltin(specifier))
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
