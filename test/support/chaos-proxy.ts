import type { Socket } from 'node:net';
import type { Stoppable } from './real-server.js';
import { startProxy } from './server-proxy.js';

/** How the replies of a server are disturbed. */
export type Chaos =
  | 'none'
  /** Replies arrive after the timeout. */
  | 'slow'
  /** Replies never arrive. */
  | 'silent'
  /** The connection is ended instead of a reply. */
  | 'closing'
  /** The connection is reset instead of a reply. */
  | 'resetting'
  /** New and existing connections are also reset. */
  | 'refusing'
  /** Each reply is replaced by the previous one. */
  | 'mixing'
  /** Half of the values have one flipped bit. */
  | 'corrupting'
  /** Any bit can be flipped, including bits of the framing. */
  | 'garbling';

const SLOW_MS = 150;
const MEMCACHED_REPLY = 0x81;
const MEMCACHED_HEAD = 24;

/** A proxy that disturbs the replies of a server. */
export class ChaosProxy implements Stoppable {
  private chaos: Chaos = 'none';
  private readonly clients = new Set<Socket>();
  private proxy!: Awaited<ReturnType<typeof startProxy>>;

  static async start(target: string): Promise<ChaosProxy> {
    const chaos = new ChaosProxy();
    chaos.proxy = await startProxy(target, (client, server) => chaos.join(client, server));
    return chaos;
  }

  get url(): string {
    return this.proxy.url;
  }

  become(chaos: Chaos): void {
    this.chaos = chaos;
    if (chaos === 'refusing') for (const client of this.clients) client.resetAndDestroy();
  }

  stop(): Promise<void> {
    return this.proxy.stop();
  }

  private join(client: Socket, server: Socket): void {
    if (this.chaos === 'refusing') client.resetAndDestroy();
    this.clients.add(client);
    client.on('close', () => this.clients.delete(client));
    server.on('close', () => client.end());
    client.on('data', (request) => server.write(request));
    let last: Buffer | undefined;
    server.on('data', (reply) => {
      this.pass(reply, last ?? reply, client);
      last = reply;
    });
  }

  private pass(reply: Buffer, last: Buffer, client: Socket): void {
    const { chaos } = this;
    if (chaos === 'slow') setTimeout(() => client.destroyed || client.write(reply), SLOW_MS);
    else if (chaos === 'closing') client.end();
    else if (chaos === 'resetting') client.resetAndDestroy();
    else if (chaos === 'mixing') client.write(last);
    else if (chaos !== 'silent' && chaos !== 'refusing') client.write(spoilt(reply, chaos));
  }
}

function spoilt(reply: Buffer, chaos: Chaos): Buffer {
  const copy = Buffer.from(reply);
  if (chaos === 'garbling' && Math.random() < 0.5) flipBit(copy);
  // Only some values, so that corrupted and intact values are mixed.
  if (chaos === 'corrupting') for (const value of valuesIn(copy)) if (Math.random() < 0.5) flipBit(value);
  return copy;
}

function flipBit(bytes: Buffer): void {
  if (bytes.length === 0) return;
  const at = Math.floor(Math.random() * bytes.length);
  bytes[at]! ^= 1 << Math.floor(Math.random() * 8);
}

/** The values in replies: bulk strings of Redis, and the data after header, extras and key of memcached. */
function* valuesIn(replies: Buffer): Generator<Buffer> {
  if (replies[0] !== MEMCACHED_REPLY) {
    for (const { index, 0: head, 1: length } of replies.toString('latin1').matchAll(/\$(\d+)\r\n/g)) {
      yield replies.subarray(index + head.length, index + head.length + Number(length));
    }
    return;
  }
  for (let at = 0; at + MEMCACHED_HEAD <= replies.length;) {
    const start = at + MEMCACHED_HEAD + replies.readUInt16BE(at + 2) + replies[at + 4]!;
    at += MEMCACHED_HEAD + replies.readUInt32BE(at + 8);
    yield replies.subarray(start, at);
  }
}
