import { type HttpServer, Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LifecycleError } from './lifecycle.error.js';
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

interface Probe {
  readonly path: string;
  readonly answer: () => { readonly status: number; readonly body: object };
}

/**
 * Answers probes in front of the application: no middleware, guard, prefix, version or access log sees them, and they cost no
 * routing.
 */
export class Probes {
  private probes: readonly Probe[];

  constructor(readiness: Readiness, options: ProbeOptions | false) {
    const { live = '/livez', ready = '/readyz' } = options === false ? NONE : options;
    const alive = { status: 200, body: { state: 'alive' } };
    const readyOrNot = () => {
      const { state, reasons } = readiness;
      return { status: state === 'ready' ? 200 : 503, body: { state, reasons } };
    };
    for (const path of [live, ready]) {
      if (path === false || /^\/[^?#]*$/.test(path)) continue;
      throw new LifecycleError('forRoot({ probes }): a path must start with a slash and have no query');
    }
    this.probes = [
      ...(live === false ? [] : [{ path: live, answer: () => alive }]),
      ...(ready === false ? [] : [{ path: ready, answer: readyOrNot }]),
    ];
  }

  /** Leaves a path to the application if it has a route there, and warns. A route with a wildcard does not count. */
  leaveRoutesOf(adapter: HttpServer): void {
    const taken = this.probes.filter(({ path }) => hasRoute(adapter, path));
    this.probes = this.probes.filter((probe) => !taken.includes(probe));
    for (const { path } of taken) {
      new Logger('Probes').warn(
        `The application has a route at ${path}, so no probe answers there: give the probe another path in forRoot({ probes })`,
      );
    }
  }

  /** Answers a probe, and returns whether the request is one. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const probe = this.find(request);
    if (probe !== undefined) send(response, probe.answer());
    return probe !== undefined;
  }

  /** Runs for every request, so it allocates nothing. */
  private find({ method, url = '' }: IncomingMessage): Probe | undefined {
    for (const probe of this.probes) {
      const { path } = probe;
      const isPath = url.startsWith(path) && (url.length === path.length || url[path.length] === '?');
      if (isPath && (method === 'GET' || method === 'HEAD')) return probe;
    }
    return undefined;
  }
}

function send(response: ServerResponse, { status, body }: ReturnType<Probe['answer']>): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify(body));
}

interface ExpressLike {
  readonly router?: { readonly stack: readonly { readonly route?: { readonly path: unknown } }[] };
}

interface FastifyLike {
  hasRoute?: (route: { method: 'GET'; url: string }) => boolean;
}

function hasRoute(adapter: HttpServer, path: string): boolean {
  const instance = adapter.getInstance() as ExpressLike & FastifyLike;
  if (typeof instance.hasRoute === 'function') return instance.hasRoute({ method: 'GET', url: path });
  return (instance.router?.stack ?? []).some(({ route }) => [route?.path].flat().includes(path));
}
