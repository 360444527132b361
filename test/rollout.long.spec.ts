import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
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
    const agent = new Agent({ keepAlive: true });
    const replicas = [await start(), await start()];
    let ready = [...replicas];
    const end = new AbortController();
    const outcomes = { ready: 0, leaving: 0, lost: [] as string[] };

    /** Acts as a load balancer: replicas that answer a health check with 200 get requests. */
    const balance = async () => {
      while (!end.signal.aborted) {
        const looks = replicas.map(async (replica) => {
          const isReady = await replica.get('/readyz').then(
            ({ ok }) => ok,
            () => false,
          );
          return isReady ? [replica] : [];
        });
        ready = (await Promise.all(looks)).flat();
        await delay(50);
      }
    };
    const client = async (number: number) => {
      for (let turn = number; !end.signal.aborted; turn += 1) {
        const replica = ready[turn % ready.length];
        if (replica === undefined) outcomes.lost.push('nobody was ready');
        else await ask(replica);
      }
    };
    const ask = async (replica: ExampleProcess) => {
      try {
        const kind = replica.isSignalled ? 'leaving' : 'ready';
        const status = await read(replica.url('/orders?limit=100'), agent);
        if (status === 200) outcomes[kind] += 1;
        else outcomes.lost.push(String(status));
      } catch (error) {
        outcomes.lost.push(String(error));
      }
    };
    const running = [balance(), ...Array.from({ length: CLIENTS }, (_, number) => client(number))];

    await delay(500);
    for (const [index, replica] of [...replicas].entries()) {
      replica.signal('SIGTERM');
      expect(await replica.ended).toEqual({ code: 0, signal: null });
      replicas[index] = await start();
      await expect.poll(() => ready.includes(replicas[index]!)).toBe(true);
    }
    end.abort();
    await Promise.all(running);
    agent.destroy();

    expect(outcomes.lost).toEqual([]);
    expect(outcomes.ready).toBeGreaterThan(100);
    expect(outcomes.leaving).toBeGreaterThan(0);
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

/** Reads a response to its end, and resolves to its status. */
function read(url: URL, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response
        .on('error', reject)
        .on('end', () => resolve(response.statusCode))
        .resume();
    }).on('error', reject);
  });
}
