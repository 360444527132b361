import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Project } from '../project.js';
import { lineEnding, parseJson } from '../source-text.js';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/**
 * Adds missing peers to package.json. npm and bun install peers automatically, unless `legacy-peer-deps` is set; pnpm
 * does not make them importable for the project, and Yarn does not install them. Answers whether an install is needed.
 */
export function addPeers(project: Project): boolean {
  const text = project.read('package.json');
  if (text === undefined) return false;
  const manifest = parseJson(text) as Manifest;
  const named = { ...manifest.devDependencies, ...manifest.dependencies };
  const mustName = needsPeers(project.root);
  const missing = requiredPeers(project.root).filter(
    ([name]) => !(name in named) && (mustName || !isInstalled(project.root, name)),
  );
  if (missing.length === 0) return false;

  const dependencies = { ...manifest.dependencies, ...Object.fromEntries(missing) };
  const sorted = Object.fromEntries(Object.entries(dependencies).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? '  ';
  const changed = JSON.stringify({ ...manifest, dependencies: sorted }, null, indent);
  const ended = text.endsWith('\n') ? `${changed}\n` : changed;
  project.write('package.json', ended.replaceAll('\n', lineEnding(text)));
  return true;
}

/** The required peers, each with the last of its ranges, which is the one to install. */
function requiredPeers(root: string): [string, string][] {
  const own = createRequire(join(root, 'package.json'))('nestjs-production-config/package.json') as Manifest;
  const isOptional = (name: string) => own.peerDependenciesMeta?.[name]?.optional === true;
  return Object.entries(own.peerDependencies ?? {})
    .filter(([name]) => !isOptional(name))
    .map(([name, range]) => [name, range.split('||').at(-1)!.trim()]);
}

/** Whether this package, wherever it is installed, can resolve another one. */
function isInstalled(root: string, name: string): boolean {
  const own = createRequire(join(root, 'package.json')).resolve('nestjs-production-config/package.json');
  const folders = createRequire(own).resolve.paths(name) ?? [];
  return folders.some((folder) => existsSync(join(folder, name)));
}

/** Whether the package manager, identified by the nearest lock file, needs peers in package.json. */
function needsPeers(folder: string): boolean {
  const has = (name: string) => existsSync(join(folder, name));
  if (has('pnpm-lock.yaml') || has('yarn.lock')) return true;
  if (has('package-lock.json') || has('bun.lock') || has('bun.lockb') || folder === dirname(folder))
    return false;
  return needsPeers(dirname(folder));
}
