import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Adapter, LifecycleProcess } from './support/lifecycle-process.js';
import { freePort } from './support/own-server.js';

const POLLED_CLIENTS = 100;
const BLIND_CLIENTS = 40;
const ROLLOUTS = Number(process.env['ROLLOUTS'] ?? 5);
const DRAIN_SECONDS = 2;
/** After a longer pause, a client may send its request as the connection is closed, and has to repeat it. */
const LONGEST_PAUSE_MS = DRAIN_SECONDS * 1000;

/** A place for an instance, at an address that stays the same. */
interface Replica {
  readonly port: number;
  instance: LifecycleProcess;
  /** What the balancer has seen. */
  isReady: boolean;
  /** What a service registry says, which learns of a shutdown half a second late. */
  isRegistered: boolean;
}

interface Outcome {
  readonly status: number | string;
  readonly isLast: boolean;
}

function ask(port: number, path: string, agent?: Agent): Promise<Outcome> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path, ...(agent && { agent }), timeout: 30_000 },
      (response) => {
        const isLast = response.headers.connection === 'close';
        response
          .on('error', ({ message }) => resolve({ status: message, isLast: true }))
          .on('end', () => resolve({ status: response.statusCode!, isLast }))
          .resume();
      },
    );
    request
      .on('timeout', () => request.destroy(new Error('no response in 30 s')))
      .on('error', ({ message }) => resolve({ status: message, isLast: true }));
  });
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
      replicas.push({ port, instance: await start(port), isReady: true, isRegistered: true });
    }
    const over = new AbortController();
    const served = { polled: 0, blind: 0 };
    const lost: string[] = [];
    const record = (kind: keyof typeof served, { status }: Outcome) => {
      if (status === 200) served[kind]++;
      else lost.push(`${kind}: ${status}`);
    };
    const balancer = async () => {
      while (!over.signal.aborted) {
        for (const replica of replicas) replica.isReady = (await ask(replica.port, '/readyz')).status === 200;
        await delay(200);
      }
    };
    const polledClient = async (agents: ReadonlyMap<Replica, Agent>) => {
      while (!over.signal.aborted) {
        const ready = replicas.filter(({ isReady }) => isReady);
        const replica = ready[Math.floor(Math.random() * ready.length)];
        if (replica === undefined) lost.push('polled: no instance is ready');
        else record('polled', await ask(replica.port, '/x', agents.get(replica)));
        await delay(Math.random() * 100);
      }
    };
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
        record('blind', outcome);
        if (outcome.isLast) {
          agent.destroy();
          agent = undefined;
        }
        await delay(Math.random() * pauseMs);
      }
      agent?.destroy();
    };
    const shared = new Map(replicas.map((replica) => [replica, new Agent({ keepAlive: true })]));
    const running = [
      balancer(),
      ...Array.from({ length: POLLED_CLIENTS }, () => polledClient(shared)),
      ...Array.from({ length: BLIND_CLIENTS }, (_, n) => blindClient(n % 2 === 0 ? 100 : LONGEST_PAUSE_MS)),
    ];
    for (let rollout = 0; rollout < ROLLOUTS; rollout++) {
      for (const replica of replicas) {
        replica.instance.signal();
        await delay(500);
        replica.isRegistered = false;
        expect(await replica.instance.ended).toEqual({ code: 0, signal: null });
        expect(replica.instance.output).not.toContain('Cut off');
        replica.instance = await start(replica.port);
        replica.isRegistered = true;
        await expect.poll(() => replica.isReady).toBe(true);
      }
    }
    over.abort();
    await Promise.all(running);
    for (const agent of shared.values()) agent.destroy();
    console.log(
      `${adapter}: ${served.polled} polled and ${served.blind} blind requests, ${lost.length} lost`,
    );
    expect(lost).toEqual([]);
    expect(served.polled).toBeGreaterThan(1000);
    expect(served.blind).toBeGreaterThan(100);
  });
});
