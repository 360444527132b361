import { onTestFinished } from 'vitest';
import { startProxy } from './server-proxy.js';

/** The error reply to a command that the proxy does not forward; 'close' closes the connection. */
export type Refusal = string;

export interface ChoosyProxy {
  readonly url: string;
  /** The number of connections to it so far. */
  readonly connections: number;
}

/**
 * A proxy of a Redis that supports only some of its commands.
 *
 * @param refusals error replies by command name
 */
export async function choosyProxy(
  target: string,
  refusals: Readonly<Record<string, Refusal>>,
): Promise<ChoosyProxy> {
  let connections = 0;
  const { url, stop } = await startProxy(target, (client, server) => {
    connections++;
    let buffered = Buffer.alloc(0);
    server.on('data', (reply) => client.write(reply));
    server.on('close', () => client.destroy());
    client.on('data', (data) => {
      buffered = Buffer.concat([buffered, data]);
      for (let command = firstIn(buffered); command !== undefined; command = firstIn(buffered)) {
        buffered = buffered.subarray(command.length);
        const refusal = refusals[command.name.toUpperCase()];
        if (refusal === 'close') return void client.destroy();
        // The server sends the error, so that replies are in the order of their commands.
        server.write(refusal === undefined ? command.bytes : refusing(refusal));
      }
    });
  });
  onTestFinished(stop);
  return {
    url,
    get connections() {
      return connections;
    },
  };
}

function refusing(text: string): string {
  const parts = ['EVAL', 'return {err=ARGV[1]}', '0', text];
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}

/** The first complete command in the data of a client: an array of strings. */
function firstIn(bytes: Buffer): { name: string; bytes: Buffer; length: number } | undefined {
  const lineEnd = (from: number) => bytes.indexOf('\r\n', from);
  let at = lineEnd(0);
  if (at === -1) return undefined;
  const count = Number(bytes.toString('latin1', 1, at));
  const parts: string[] = [];
  at += 2;
  while (parts.length < count) {
    const end = lineEnd(at);
    if (end === -1) return undefined;
    const size = Number(bytes.toString('latin1', at + 1, end));
    if (bytes.length < end + size + 4) return undefined;
    parts.push(bytes.toString('latin1', end + 2, end + 2 + size));
    at = end + size + 4;
  }
  return { name: parts[0]!, bytes: bytes.subarray(0, at), length: at };
}
