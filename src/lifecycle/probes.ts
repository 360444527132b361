import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Readiness } from './readiness.js';

/** The paths of the probes; false for none. */
export interface ProbeOptions {
  /** Answers 200 for as long as the process serves requests at all. Default: '/livez'. */
  readonly live?: string | false | undefined;
  /** Answers 200 if the process is ready, otherwise 503, with its state as JSON. Default: '/readyz'. */
  readonly ready?: string | false | undefined;
}

/** The token of the options. */
export const PROBE_OPTIONS = Symbol('PROBE_OPTIONS');

const NONE = { live: false, ready: false } as const;

type Answer = () => { readonly status: number; readonly body: object };

/**
 * Answers probes in front of the application: no middleware, guard, prefix, version or access log sees them, and they cost no
 * routing.
 */
export class Probes {
  private readonly answers = new Map<string, Answer>();

  constructor(readiness: Readiness, options: ProbeOptions | false = {}) {
    const { live = '/livez', ready = '/readyz' } = options === false ? NONE : options;
    if (live !== false) this.answers.set(live, () => ({ status: 200, body: { state: 'alive' } }));
    if (ready === false) return;
    this.answers.set(ready, () => {
      const { state, reasons } = readiness;
      return { status: state === 'ready' ? 200 : 503, body: { state, reasons } };
    });
  }

  get paths(): readonly string[] {
    return [...this.answers.keys()];
  }

  /** Leaves a path to the application. */
  remove(path: string): void {
    this.answers.delete(path);
  }

  /** Puts the probes in front of the request handlers of a server. */
  install(server: Server): void {
    for (const handler of server.listeners('request')) {
      server.off('request', handler as never);
      server.on('request', (request, response) => {
        const answer = this.answers.size === 0 ? undefined : this.find(request);
        if (answer === undefined) Reflect.apply(handler, server, [request, response]);
        else send(response, answer());
      });
    }
  }

  private find({ method, url = '' }: IncomingMessage): Answer | undefined {
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    return this.answers.get(url) ?? this.answers.get(url.split('?', 1)[0]!);
  }
}

function send(response: ServerResponse, { status, body }: ReturnType<Answer>): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify(body));
}
