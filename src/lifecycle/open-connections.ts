import { channel } from 'node:diagnostics_channel';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import { Server as TcpServer, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { EndlessResponses } from './endless-responses.js';
import { OpenResponses } from './open-responses.js';
import { describeOpen, OpenUpgrades } from './open-upgrades.js';
import type { Probes } from './probes.js';

/** What is open on the servers of an application: requests, event streams, WebSockets, HTTP/2 sessions. */
export class OpenConnections {
  private readonly responses = new OpenResponses();
  private readonly http2Responses = new Set<ServerResponse>();
  private readonly upgrades = new OpenUpgrades();
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly servers = new Set<Server>();
  /** The connections of servers on TLS: Node does not count those without a handshake, and waits for them. */
  private readonly sockets = new Set<Socket>();
  private readonly endless = new EndlessResponses();
  private readonly handlers: readonly RequestListener[];
  private isLeaving = false;
  private stopFindingTwins = () => {};

  /** @param probes answer in front of the application */
  constructor(
    main: Server,
    private readonly probes: Probes,
  ) {
    this.handlers = main.listeners('request') as RequestListener[];
    // Not before: Socket.IO and others put themselves in front of the listeners that they find.
    if (main.listening) this.start(main);
    else main.once('listening', () => this.start(main));
  }

  private start(main: Server): void {
    this.watch(main);
    if (isLoopback(main)) this.findTwins();
  }

  /** Stops observing. */
  stop(): void {
    this.stopFindingTwins();
  }

  /** The number of requests in flight. */
  get inFlight(): number {
    return this.responses.size + this.http2Responses.size;
  }

  /** Whether a request is in flight. A session of HTTP/2 that was closed ends after its last one. */
  get isBusy(): boolean {
    return this.responses.size > 0 || this.sessions.size > 0;
  }

  get hasUpgrades(): boolean {
    return this.upgrades.size > 0;
  }

  /** Announces on every response from now on that its connection ends. */
  leave(): void {
    this.isLeaving = true;
    // Of several requests on one connection, only the last one may end it.
    const last = new Map(Array.from(this.responses, ({ response }) => [response.req.socket, response]));
    for (const response of last.values()) announceEnd(response);
  }

  /**
   * Closes the ports. `server.close()` would also cut idle connections, whose next request may be in the kernel already:
   * the client would see a reset. Bun's HTTP server does not extend the `Server` of `node:net`.
   */
  closePorts(): void {
    for (const server of this.servers) {
      if (!server.listening) continue;
      if (server instanceof TcpServer) TcpServer.prototype.close.call(server);
      else (server as Server).close();
    }
  }

  closeIdle(): void {
    for (const server of this.servers) server.closeIdleConnections?.();
  }

  /** Ends what would never end by itself: event streams, polls, WebSockets and HTTP/2 sessions. */
  endLongLived(): void {
    for (const { response } of this.responses) this.endless.end(response);
    for (const response of this.http2Responses) this.endless.end(response);
    this.upgrades.end();
    for (const session of this.sessions) if (!session.closed) session.close();
  }

  /** Cuts everything that is still open. */
  cut(): void {
    this.upgrades.destroy();
    for (const session of this.sessions) session.destroy();
    for (const socket of this.sockets) socket.destroy();
    for (const server of this.servers) server.closeAllConnections?.();
  }

  /** Each open request and upgraded connection with its age. */
  describe(): string[] {
    const requests = Array.from(this.responses, ({ response: { req }, at }) =>
      describeOpen(req.method, req, at),
    );
    return [
      ...requests,
      ...this.upgrades.describe(),
      ...Array.from(this.sessions, () => 'an HTTP/2 session'),
    ];
  }

  /** Puts the observation and the probes in front of the request handlers of a server. */
  private watch(server: Server): void {
    this.servers.add(server);
    const handlers = server.rawListeners('request') as RequestListener[];
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      if (request.httpVersionMajor < 2) this.opened(response);
      else this.openedHttp2(response);
      if (this.probes.answer(request, response)) return;
      for (const handler of handlers) handler.call(server, request, response);
    });
    this.upgrades.watch(server);
    if (server instanceof TlsServer) {
      server.on('connection', (socket: Socket) => {
        this.sockets.add(socket);
        socket.once('close', () => this.sockets.delete(socket));
      });
    }
    // Of an HTTP/2 server.
    server.on('session', (session: ServerHttp2Session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
    });
  }

  /** Fastify opens a server for each address of 'localhost'. They have the same handler, and nothing leads to them. */
  private findTwins(): void {
    const others = new WeakSet<Server>();
    const started = channel('http.server.request.start');
    const onStarted = (message: unknown) => {
      const { server } = message as { readonly server: Server };
      if (this.servers.has(server) || others.has(server)) return;
      const isTwin = server
        .listeners('request')
        .some((one) => this.handlers.includes(one as RequestListener));
      if (isTwin) this.watch(server);
      else others.add(server);
    };
    started.subscribe(onStarted);
    this.stopFindingTwins = () => started.unsubscribe(onStarted);
  }

  /** A session of HTTP/2 announces its end and ends after its requests, but event streams do not end by themselves. */
  private openedHttp2(response: ServerResponse): void {
    this.http2Responses.add(response);
    response.once('close', () => this.http2Responses.delete(response));
  }

  private opened(response: ServerResponse): void {
    this.responses.add(response);
    if (this.isLeaving) announceEnd(response);
  }
}

/** Whether a server listens on an address that may be one of several of 'localhost'. */
function isLoopback(server: Server): boolean {
  const address = server.address();
  return typeof address === 'object' && ['127.0.0.1', '::1'].includes(address?.address ?? '');
}

function announceEnd(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
