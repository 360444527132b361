// The Nodes and compilers, fetched through npm as a user would.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Consumer, succeeded } from '../support/consumer.mjs';

/** The path and the version of a Node that npm has. */
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

/** A TypeScript compiler of its own, so that every project can be compiled with each. */
export async function compilerOf(version, folder) {
  const home = join(folder, `typescript-${version}`);
  mkdirSync(home);
  succeeded(await new Consumer(home).install(`typescript@~${version}.0`));
  return join(home, 'node_modules/typescript/bin/tsc');
}
