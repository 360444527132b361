import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { BalancedClients } from './support/balanced-clients.mjs';
import { ExampleProcess } from './support/example-process.js';
import { SECRET_KEY } from './support/keys.js';
import { startPostgres } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';

const CLIENTS = 8;

describeWithServer('a rollout of the example', startPostgres, (server) => {
  const start = () => {
    const env = { NODE_ENV: 'production', SECRET_KEY, DATABASE_URL: server().url, DRAIN_SECONDS: '2' };
    const example = new ExampleProcess(env);
    onTestFinished(() => example.stop());
    return example.listening();
  };

  it('loses no request of keep-alive clients, and each instance exits on SIGTERM', async () => {
    const replicas = [await start(), await start()];
    const portOf = (replica: ExampleProcess) => Number(replica.url('/').port);
    const clients = new BalancedClients(replicas.map(portOf), {
      count: CLIENTS,
      path: '/orders?limit=100',
      pauseMs: 0,
      pollMs: 50,
    });

    let leaving = 0;
    await delay(500);
    for (const replica of replicas) {
      const port = portOf(replica);
      const served = clients.served(port);
      replica.signal('SIGTERM');
      expect(await replica.ended).toEqual({ code: 0, signal: null });
      leaving += clients.served(port) - served;
      const next = portOf(await start());
      clients.add(next);
      await expect.poll(() => clients.isReady(next)).toBe(true);
    }
    await clients.stop();

    expect(clients.lost).toEqual([]);
    expect(clients.served()).toBeGreaterThan(100);
    expect(leaving).toBeGreaterThan(0);
  });

  it('reports a draining instance on /readyz, and closes the connections of its clients', async () => {
    const example = await start();
    expect((await example.get('/readyz')).status).toBe(200);
    example.signal('SIGTERM');
    await expect.poll(async () => (await example.get('/readyz')).status).toBe(503);
    const agent = new Agent({ keepAlive: true });
    const request = get(example.url('/orders?limit=1'), { agent });
    const [response] = (await once(request, 'response')) as [{ headers: Record<string, string> }];
    expect(response.headers['connection']).toBe('close');
    agent.destroy();
    await example.ended;
  });
});
