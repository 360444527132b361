// Prints the size of the tarball, and of the files that npm adds to a project on each major of Nest.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Consumer, pack, succeeded } from '../support/consumer.mjs';

const FRAMEWORK = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express'];
const COMPANIONS = {
  11: ['@nestjs/config@4', '@nestjs/cache-manager@3', 'cache-manager@7', 'joi@18'],
  12: ['@nestjs/config@12', '@nestjs/cache-manager@12', 'cache-manager@7', 'joi@18'],
};

const { folder, tarball, size, unpackedSize } = pack();
say('tarball', `${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked`);
for (const [major, companions] of Object.entries(COMPANIONS)) {
  const framework = [...FRAMEWORK.map((name) => `${name}@${major}`), 'reflect-metadata', 'rxjs'];
  say(`added to NestJS ${major}`, await added(`stock-${major}`, framework));
  say('  beside its config and cache modules', await added(`full-${major}`, [...framework, ...companions]));
}

async function added(name, packages) {
  const project = new Consumer(join(folder, name));
  succeeded(await project.install(...packages));
  const before = { packages: packagesOf(project), bytes: bytesOf(project) };
  succeeded(await project.install(tarball));
  const more = packagesOf(project).filter((path) => !before.packages.includes(path));
  const names = more.map((path) => path.replace(/^node_modules\//, '')).join(', ');
  return `${more.length} packages, ${kilobytes(bytesOf(project) - before.bytes)} (${names})`;
}

function packagesOf(project) {
  return Object.keys(JSON.parse(project.read('node_modules/.package-lock.json')).packages);
}

function bytesOf({ folder: root }) {
  const modules = join(root, 'node_modules');
  return readdirSync(modules, { recursive: true })
    .map((name) => lstatSync(join(modules, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1000)} kB`;
}

function say(what, figure) {
  process.stdout.write(`${what}: ${figure}\n`);
}
