import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

interface Upgrade {
  readonly request: IncomingMessage;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

// RFC 6455, section 5.5.1: an unmasked close frame with the status 1001, going away.
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** The upgraded connections, such as WebSockets. */
export class OpenUpgrades {
  private readonly open = new Map<Duplex, Upgrade>();
  private readonly ended = new WeakSet<Duplex>();

  get size(): number {
    return this.open.size;
  }

  /**
   * Observes a server once the application itself listens for upgrades. A listener of this package must not be the only
   * one: with any listener, Node no longer handles such a request as an ordinary one and sends no response itself
   * (https://nodejs.org/api/http.html#event-upgrade_1). Clients that merely offer an upgrade would wait for a response
   * forever, such as Java's HttpClient, whose first request offers h2c.
   */
  watch(server: Server): void {
    const observe = (event: string | symbol) => {
      if (event !== 'upgrade') return;
      server.off('newListener', observe);
      server.prependListener('upgrade', (request, socket) => {
        this.open.set(socket, { request, at: Date.now() });
        socket.once('close', () => this.open.delete(socket));
      });
    };
    if (server.listenerCount('upgrade') > 0) observe('upgrade');
    else server.on('newListener', observe);
  }

  /** Tells each WebSocket that the process goes away, and ends other connections. */
  end(): void {
    for (const [socket, { request }] of this.open) {
      if (this.ended.has(socket)) continue;
      this.ended.add(socket);
      // Later writes of the application fail.
      socket.on('error', () => undefined);
      if (protocolOf(request) === 'websocket') endWebSocket(socket);
      else socket.end();
    }
  }

  destroy(): void {
    for (const socket of this.open.keys()) socket.destroy();
  }

  describe(): string[] {
    return Array.from(this.open.values(), ({ request, at }) =>
      describeOpen(protocolOf(request), request, at),
    );
  }
}

/**
 * Sends a close frame, which must be the last one (RFC 6455, section 5.5.1). The application may go on writing, and its
 * library answers the client's close frame with another one. Chromium would report 1006 to the page for any frame after it.
 */
function endWebSocket(socket: Duplex): void {
  socket.write(GOING_AWAY);
  socket.write = discard;
}

/** Succeeds, so that the library ends the connection once the client has answered. */
function discard(...args: unknown[]): boolean {
  const callback = args.at(-1);
  if (typeof callback === 'function') process.nextTick(callback);
  return true;
}

/** What is open, with its path and age. Without the query, which may hold a secret. */
export function describeOpen(what: string | undefined, { url = '' }: IncomingMessage, at: number): string {
  return `${what} ${url.split('?', 1)[0]} (${((Date.now() - at) / 1000).toFixed(1)} s)`;
}

function protocolOf({ headers }: IncomingMessage): string {
  return String(headers.upgrade).toLowerCase();
}
