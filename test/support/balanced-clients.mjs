// Keep-alive clients behind a balancer, which sends requests to the processes that say they are ready.
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Sends a request on 127.0.0.1 and reads the response to its end. A failure is not thrown: its message is the status.
 *
 * @param agent a connection of its own by default
 */
export function ask(port, path, agent = false) {
  return new Promise((resolve) => {
    const fail = ({ message }) => resolve({ status: message, isLast: true });
    const request = get({ host: '127.0.0.1', port, path, agent, timeout: 30_000 }, (response) => {
      const { statusCode: status, headers } = response;
      response
        .on('error', fail)
        .on('end', () => resolve({ status, isLast: headers.connection === 'close' }))
        .resume();
    });
    request.on('timeout', () => request.destroy(new Error('no response in 30 s'))).on('error', fail);
  });
}

/** Clients that send requests one after the other, each on connections of its own, until they are stopped. */
export class BalancedClients {
  /** Why requests were lost. */
  lost = [];
  #served = new Map();
  #ready = new Set();
  #end = new AbortController();
  #running = [];

  /**
   * @param ports of processes that are ready
   * @param pollMs how often the balancer looks at each process
   * @param pauseMs how long a client waits between two requests at most
   */
  constructor(ports, { count, path, pauseMs = 300, pollMs = 200 }) {
    this.pollMs = pollMs;
    for (const port of ports) {
      this.#ready.add(port);
      this.add(port);
    }
    for (let n = 0; n < count; n++) this.#running.push(this.#client(path, pauseMs));
  }

  /** Lets the balancer look at one more process. It gets requests once it is ready. */
  add(port) {
    this.#running.push(this.#watch(port));
  }

  isReady(port) {
    return this.#ready.has(port);
  }

  /** The number of requests that a process answered with 200, or all of them. */
  served(port) {
    if (port !== undefined) return this.#served.get(port) ?? 0;
    return [...this.#served.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Ends the clients after their last response. */
  async stop() {
    this.#end.abort();
    await Promise.all(this.#running);
  }

  get #isOver() {
    return this.#end.signal.aborted;
  }

  async #watch(port) {
    while (!this.#isOver) {
      const { status } = await ask(port, '/readyz');
      if (status === 200) this.#ready.add(port);
      else this.#ready.delete(port);
      await delay(this.pollMs);
    }
  }

  async #client(path, pauseMs) {
    const agent = new Agent({ keepAlive: true });
    while (!this.#isOver) {
      const ready = [...this.#ready];
      const port = ready[Math.floor(Math.random() * ready.length)];
      if (port === undefined) this.lost.push('no process is ready');
      else {
        const { status } = await ask(port, path, agent);
        if (status === 200) this.#served.set(port, this.served(port) + 1);
        else this.lost.push(status);
      }
      await delay(Math.random() * pauseMs);
    }
    agent.destroy();
  }
}
