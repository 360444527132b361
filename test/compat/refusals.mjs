// Unsupported versions are refused: at install by the peer ranges, on an old Node when the service starts.
import assert from 'node:assert/strict';
import { Consumer, succeeded } from '../support/consumer.mjs';

const OLD = [
  {
    name: 'Nest 10',
    packages: ['@nestjs/common@^10.0.0', '@nestjs/core@^10.0.0', 'reflect-metadata@^0.2.2', 'rxjs@^7.8.1'],
    says: '@nestjs/common@"^11.0.1 || ^12.0.1"',
  },
  {
    name: 'TypeScript 5.7',
    packages: ['@nestjs/common@^11.0.0', '@nestjs/core@^11.0.0', 'rxjs@^7.8.1', 'typescript@~5.7.0'],
    says: 'typescript@">=5.8.2"',
  },
];

export async function refusedAtInstall({ table, tarball, room }) {
  for (const { name, packages, says } of OLD) {
    await table.row([name, 'npm install refuses'], async () => {
      const consumer = new Consumer(room(name));
      // Only resolved: npm refuses before it downloads packages.
      succeeded(await consumer.install('--package-lock-only', ...packages));
      const { code, stderr } = await consumer.install('--package-lock-only', tarball);
      assert.notEqual(code, 0, 'npm took it');
      assert.match(stderr, /ERESOLVE/);
      assert.ok(stderr.includes(says), `${says} is not in:\n${stderr}`);
    });
  }
}

/** Checks that the service exits with one sentence, whether the main file or Nest loads the environment. */
export async function refusedAtStart(consumer, { main, node, version }) {
  const sentence =
    'nestjs-production-config needs Node 20 from 20.19, Node 22 from 22.12, or Node 24 and later: ' +
    `this is ${version.slice(1)}`;
  const first = await consumer.node([main, 'express'], { node });
  assert.deepEqual(first, { code: 78, stdout: '', stderr: `${sentence}\n` });
  const { code, stdout, stderr } = await consumer.node([main, 'express', 'module'], { node });
  const said = stdout + stderr;
  assert.notEqual(code, 0, said);
  assert.equal(said.split(sentence).length - 1, 1, said);
  assert.match(said, /ERR_UNSUPPORTED_NODE/);
  assert.doesNotMatch(said, /listening|^\s+at /m);
}
