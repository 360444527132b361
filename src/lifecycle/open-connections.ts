import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import { Server as TcpServer } from 'node:net';
import type { Duplex } from 'node:stream';

/** A request whose response has not ended, or an upgraded connection. */
interface Open {
  readonly what: string;
  readonly startedAt: number;
}

interface StartedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

// RFC 6455, section 5.5.1: an unmasked close frame with the status 1001, going away.
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** What is open on the servers of an application: requests, event streams, WebSockets, HTTP/2 sessions. */
export class OpenConnections {
  private readonly requests = new Map<ServerResponse, Open>();
  private readonly upgrades = new Map<Duplex, Open & { readonly isWebSocket: boolean }>();
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly servers = new Set<Server>();
  private readonly others = new WeakSet<Server>();
  private readonly handlers: readonly Function[];
  private readonly ended = new WeakSet<object>();
  private readonly startedRequests = channel('http.server.request.start');
  private readonly onStarted = (message: unknown) => this.opened(message as StartedRequest);
  private isLeaving = false;

  /** @param onTwin called for a further server of the application: Fastify opens one for each address of 'localhost' */
  constructor(
    main: Server,
    private readonly onTwin: (server: Server) => void,
  ) {
    this.handlers = main.listeners('request');
    this.watch(main);
    // Unlike a listener of the server, it sees the requests of servers that another library takes over.
    this.startedRequests.subscribe(this.onStarted);
  }

  /** Stops observing. */
  stop(): void {
    this.startedRequests.unsubscribe(this.onStarted);
  }

  /** The number of requests in flight, without those of HTTP/2. */
  get requestCount(): number {
    return this.requests.size;
  }

  /** Whether a request is in flight. A session of HTTP/2 that was closed ends after its last one. */
  get isBusy(): boolean {
    return this.requests.size > 0 || this.sessions.size > 0;
  }

  get hasUpgrades(): boolean {
    return this.upgrades.size > 0;
  }

  /** Announces on every response from now on that its connection ends. */
  leave(): void {
    this.isLeaving = true;
    for (const response of this.requests.keys()) announceEnd(response);
  }

  /**
   * Closes the ports. `server.close()` would also cut idle connections, whose next request may be in the kernel already:
   * the client would see a reset.
   */
  closePorts(): void {
    for (const server of this.servers) if (server.listening) TcpServer.prototype.close.call(server);
  }

  closeIdle(): void {
    for (const server of this.servers) server.closeIdleConnections?.();
  }

  /** Ends what would never end by itself: event streams, WebSockets and HTTP/2 sessions. */
  endLongLived(): void {
    for (const response of this.requests.keys())
      if (isEventStream(response)) this.endOnce(response, () => response.end());
    for (const [socket, { isWebSocket }] of this.upgrades) {
      this.endOnce(socket, () => (isWebSocket ? socket.write(GOING_AWAY) : socket.end()));
    }
    for (const session of this.sessions) if (!session.closed) session.close();
  }

  /** Cuts everything that is still open. */
  cut(): void {
    for (const socket of this.upgrades.keys()) socket.destroy();
    for (const session of this.sessions) session.destroy();
    for (const server of this.servers) server.closeAllConnections?.();
  }

  /** Each open request and upgraded connection with its age. */
  describe(): string[] {
    const now = performance.now();
    const known = [...this.requests.values(), ...this.upgrades.values()].map(
      ({ what, startedAt }) => `${what} (${((now - startedAt) / 1000).toFixed(1)} s)`,
    );
    return [...known, ...Array.from(this.sessions, () => 'an HTTP/2 session')];
  }

  private watch(server: Server): void {
    this.servers.add(server);
    server.prependListener('upgrade', (request, socket) => this.upgraded(request, socket));
    // An HTTP/2 server. Its HTTP/1 requests come through the channel, too.
    server.on('session', (session: ServerHttp2Session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
    });
  }

  private opened({ request, response, server }: StartedRequest): void {
    if (!this.servers.has(server) && !this.adopt(server)) return;
    this.requests.set(response, {
      what: `${request.method} ${pathOf(request)}`,
      startedAt: performance.now(),
    });
    response.once('close', () => this.requests.delete(response));
    if (this.isLeaving) announceEnd(response);
  }

  /** Whether a server that is seen for the first time is one of the application: it has the same handler. */
  private adopt(server: Server): boolean {
    if (this.others.has(server)) return false;
    if (server.listeners('request').some((handler) => this.handlers.includes(handler))) {
      this.watch(server);
      this.onTwin(server);
      return true;
    }
    this.others.add(server);
    return false;
  }

  private upgraded(request: IncomingMessage, socket: Duplex): void {
    const protocol = String(request.headers.upgrade).toLowerCase();
    const what = `${protocol} ${pathOf(request)}`;
    this.upgrades.set(socket, { what, startedAt: performance.now(), isWebSocket: protocol === 'websocket' });
    socket.once('close', () => this.upgrades.delete(socket));
  }

  private endOnce(target: Duplex | ServerResponse, end: () => unknown): void {
    if (this.ended.has(target)) return;
    this.ended.add(target);
    // Later writes of the application fail.
    target.on('error', () => undefined);
    end();
  }
}

function announceEnd(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

/** The text that Node has made of the headers: headers that were passed to `writeHead` are nowhere else. */
const HEADER_TEXT = '_header';

function isEventStream(response: ServerResponse & { readonly [HEADER_TEXT]?: string | null }): boolean {
  if (!response.headersSent) return false;
  const type = response.getHeader('content-type') ?? response[HEADER_TEXT] ?? '';
  return String(type).toLowerCase().includes('text/event-stream');
}

/** Without the query, which may hold a secret. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}
