import assert from 'node:assert/strict';
import { BalancedClients } from '../support/balanced-clients.mjs';
import { until } from '../support/consumer.mjs';

const CLIENTS = 100;

/** Replaces two processes of a service, one after the other, while clients send requests: none may be lost. */
export async function restartInTurn(project, env) {
  const start = () => project.start(['dist/main.js'], env);
  const old = [await start(), await start()];
  const all = [...old];
  const clients = new BalancedClients(
    old.map(({ port }) => port),
    { count: CLIENTS, path: '/', pauseMs: 400 },
  );
  try {
    for (const leaving of old) {
      const next = await start();
      all.push(next);
      clients.add(next.port);
      await until(() => clients.isReady(next.port));
      const served = clients.served(leaving.port);
      assert.equal(await leaving.stop(), 0, leaving.output());
      assert.doesNotMatch(leaving.output(), /Cut off/);
      assert.ok(clients.served(leaving.port) > served, 'a process that shuts down answers no requests');
    }
    await until(() => all.every(({ port }) => clients.served(port) > 0));
  } finally {
    await clients.stop();
    await Promise.all(all.map(({ stop }) => stop()));
  }
  process.stdout.write(`  ${clients.served()} requests of ${CLIENTS} clients, ${clients.lost.length} lost\n`);
  assert.deepEqual(clients.lost, []);
}
