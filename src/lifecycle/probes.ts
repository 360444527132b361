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

  constructor(readiness: Readiness, options: ProbeOptions | false = {}) {
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

  get paths(): readonly string[] {
    return this.probes.map(({ path }) => path);
  }

  /** Leaves a path to the application. */
  remove(path: string): void {
    this.probes = this.probes.filter((probe) => probe.path !== path);
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
