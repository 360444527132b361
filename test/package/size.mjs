// Says what the package weighs: its tarball, and what npm adds to a project on each major of Nest.
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'size-'));
const FRAMEWORK = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express'];
const COMPANIONS = {
  11: ['@nestjs/config@4', '@nestjs/cache-manager@3', 'cache-manager@7', 'joi@18'],
  12: ['@nestjs/config@12', '@nestjs/cache-manager@12', 'cache-manager@7', 'joi@18'],
};

try {
  const tarball = pack();
  say('tarball', `${kilobytes(tarball.size)} packed, ${kilobytes(tarball.unpackedSize)} unpacked`);
  for (const [major, companions] of Object.entries(COMPANIONS)) {
    const framework = [...FRAMEWORK.map((name) => `${name}@${major}`), 'reflect-metadata', 'rxjs'];
    say(`added to NestJS ${major}`, added(framework, tarball.path));
    say('  beside its config and cache modules', added([...framework, ...companions], tarball.path));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  const options = ['--json', '--silent', '--ignore-scripts', '--pack-destination', folder];
  npm(root, 'run', 'build');
  const [{ filename, size, unpackedSize }] = JSON.parse(npm(root, 'pack', ...options));
  return { path: join(folder, filename), size, unpackedSize };
}

function added(project, tarball) {
  const at = join(folder, 'project');
  rmSync(at, { recursive: true, force: true });
  mkdirSync(at);
  writeFileSync(join(at, 'package.json'), JSON.stringify({ name: 'project', private: true }));
  install(at, ...project);
  const before = { packages: packagesOf(at), bytes: bytesOf(join(at, 'node_modules')) };
  install(at, tarball);
  const more = packagesOf(at).filter((name) => !before.packages.includes(name));
  const names = more.map((name) => name.replace(/^node_modules\//, '')).join(', ');
  const bytes = bytesOf(join(at, 'node_modules')) - before.bytes;
  return `${more.length} packages, ${kilobytes(bytes)} (${names})`;
}

function install(at, ...packages) {
  npm(at, 'install', '--silent', '--no-audit', '--no-fund', ...packages);
}

function npm(cwd, ...args) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function packagesOf(at) {
  const { packages } = JSON.parse(readFileSync(join(at, 'node_modules/.package-lock.json'), 'utf8'));
  return Object.keys(packages);
}

function bytesOf(directory) {
  return readdirSync(directory, { recursive: true })
    .map((name) => lstatSync(join(directory, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1000)} kB`;
}

function say(what, figure) {
  process.stdout.write(`${what}: ${figure}\n`);
}
