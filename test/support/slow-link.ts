import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { startProxy } from './server-proxy.js';

/** A way to a server that can be made bad for one process alone. */
export interface SlowLink {
  readonly url: string;
  /** Milliseconds that everything takes on its way, in each direction. */
  latencyMs: number;
  /** Milliseconds for which a new connection carries nothing. */
  connectMs: number;
  /** Stands still: nothing is lost, all of it comes later. */
  halt(): void;
  resume(): void;
  /** Breaks all connections: what was on its way is lost. */
  cut(): void;
}

export async function slowLinkTo(target: string): Promise<SlowLink> {
  const sockets = new Set<Socket>();
  let isHalted = false;
  const { url, stop } = await startProxy(target, (client, server) => {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => {
        if (link.latencyMs === 0) to.write(data);
        else setTimeout(() => to.write(data), link.latencyMs);
      });
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isHalted || link.connectMs > 0) from.pause();
    }
    if (link.connectMs > 0 && !isHalted) {
      setTimeout(() => [client, server].forEach((socket) => socket.resume()), link.connectMs);
    }
  });
  onTestFinished(stop);
  const link: SlowLink = {
    latencyMs: 0,
    connectMs: 0,
    url,
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
