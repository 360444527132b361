import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ask, BalancedClients } from './support/balanced-clients.mjs';
import { type Adapter, LifecycleProcess } from './support/lifecycle-process.js';
import { freePort } from './support/own-server.js';

const POLLED_CLIENTS = 100;
const BLIND_CLIENTS = 40;
const ROLLOUTS = Number(process.env['ROLLOUTS'] ?? 3);
const DRAIN_SECONDS = 2;
/** After a longer pause, a client may send its request as the connection is closed, and has to repeat it. */
const LONGEST_PAUSE_MS = DRAIN_SECONDS * 1000;

/** A place for an instance, at an address that stays the same. */
interface Replica {
  readonly port: number;
  instance: LifecycleProcess;
  /** What a service registry says, which learns of a shutdown half a second late. */
  isRegistered: boolean;
}

describe.each<Adapter>(['express', 'fastify'])('rollouts on %s', (adapter) => {
  it('lose no request of keep-alive clients, although a service disconnects in its first hook', async () => {
    const start = async (port: number) => {
      const env = { PORT: String(port), DRAIN_SECONDS: String(DRAIN_SECONDS), QUIET: 'true' };
      return LifecycleProcess.listening(adapter, env);
    };
    const replicas: Replica[] = [];
    for (let n = 0; n < 2; n++) {
      const port = await freePort();
      replicas.push({ port, instance: await start(port), isRegistered: true });
    }
    const over = new AbortController();
    const blind = { served: 0, lost: [] as (number | string)[] };
    /** Stays on its connection for as long as that lasts. */
    const blindClient = async (pauseMs: number) => {
      let agent: Agent | undefined;
      let replica = replicas[0]!;
      while (!over.signal.aborted) {
        if (agent === undefined || Object.keys(agent.freeSockets).length === 0) {
          agent?.destroy();
          agent = new Agent({ keepAlive: true, maxSockets: 1 });
          const registered = replicas.filter(({ isRegistered }) => isRegistered);
          replica = registered[Math.floor(Math.random() * registered.length)]!;
        }
        const outcome = await ask(replica.port, '/x', agent);
        if (outcome.status === 200) blind.served++;
        else blind.lost.push(outcome.status);
        if (outcome.isLast) {
          agent.destroy();
          agent = undefined;
        }
        await delay(Math.random() * pauseMs);
      }
      agent?.destroy();
    };
    const ports = replicas.map(({ port }) => port);
    const polled = new BalancedClients(ports, { count: POLLED_CLIENTS, path: '/x' });
    const running = Array.from({ length: BLIND_CLIENTS }, (_, n) =>
      blindClient(n % 2 === 0 ? 100 : LONGEST_PAUSE_MS),
    );
    for (let rollout = 0; rollout < ROLLOUTS; rollout++) {
      for (const replica of replicas) {
        replica.instance.signal();
        await delay(500);
        replica.isRegistered = false;
        expect(await replica.instance.ended).toEqual({ code: 0, signal: null });
        expect(replica.instance.output).not.toContain('Cut off');
        replica.instance = await start(replica.port);
        replica.isRegistered = true;
        await expect.poll(() => polled.isReady(replica.port)).toBe(true);
      }
    }
    over.abort();
    await Promise.all([polled.stop(), ...running]);
    const lost = polled.lost.length + blind.lost.length;
    console.log(`${adapter}: ${polled.served()} polled and ${blind.served} blind requests, ${lost} lost`);
    expect(polled.lost).toEqual([]);
    expect(blind.lost).toEqual([]);
    expect(polled.served()).toBeGreaterThan(1000);
    expect(blind.served).toBeGreaterThan(100);
  });
});
