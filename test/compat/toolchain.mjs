// Versions of Node and compilers, fetched through npm.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Consumer, succeeded } from '../support/consumer.mjs';

/** The path and version of a Node from npm. */
export async function nodeOf(line, folder) {
  const asked = await new Consumer(folder).run('npx', [
    '--yes',
    `--package=node@${line}`,
    'node',
    '--print',
    'JSON.stringify([process.execPath, process.version])',
  ]);
  const [path, version] = JSON.parse(succeeded(asked));
  return { path, version, name: `Node ${version.slice(1)}` };
}

/** A separate TypeScript compiler, so that every project can be compiled with each version. */
export async function compilerOf(version, folder) {
  const home = join(folder, `typescript-${version}`);
  mkdirSync(home);
  succeeded(await new Consumer(home).install(`typescript@~${version}.0`));
  return join(home, 'node_modules/typescript/bin/tsc');
}
