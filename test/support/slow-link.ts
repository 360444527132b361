import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a server that can be made bad for one process alone. */
export interface SlowLink {
  readonly url: string;
  /** Milliseconds that everything takes on its way, in each direction. */
  latencyMs: number;
  /** Stands still: nothing is lost, all of it comes later. */
  halt(): void;
  resume(): void;
  /** Breaks all connections: what was on its way is lost. */
  cut(): void;
}

export async function slowLinkTo(url: string): Promise<SlowLink> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let isHalted = false;
  const proxy = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => {
        if (link.latencyMs === 0) to.write(data);
        else setTimeout(() => to.write(data), link.latencyMs);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isHalted) from.pause();
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const link: SlowLink = {
    latencyMs: 0,
    url: `${target.protocol}//127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    halt: () => {
      isHalted = true;
      for (const socket of sockets) socket.pause();
    },
    resume: () => {
      isHalted = false;
      for (const socket of sockets) socket.resume();
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
  return link;
}
