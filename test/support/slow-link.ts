import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { startProxy } from './server-proxy.js';

/** A connection to a server that can be degraded for one process only. */
export interface SlowLink {
  readonly url: string;
  /** The latency of all data in milliseconds, in each direction. */
  latencyMs: number;
  /** The milliseconds during which a new connection transfers no data. */
  connectMs: number;
  /** Pauses all data: nothing is lost, but it arrives later. */
  halt(): void;
  resume(): void;
  /** Breaks all connections: data in transit is lost. */
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
