import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** An address that moves from one server to another, like a DNS name or a virtual IP in a failover. */
export interface MovingAddress {
  readonly url: string;
  /** The number of connections to it so far. */
  readonly connections: number;
  /** Does not move existing connections. */
  moveTo(url: string): void;
}

export async function movingAddress(first: string): Promise<MovingAddress> {
  let target = new URL(first);
  let connections = 0;
  const proxy = createServer((client) => {
    connections++;
    const server = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => undefined).on('close', () => to.destroy());
      from.pipe(to);
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  return {
    url: `${target.protocol}//127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    moveTo: (url) => void (target = new URL(url)),
  };
}
