import type { ParameterNames } from './page-params.js';
import type { Paging } from './paging.metadata.js';
import { withoutParameters } from './parameter-path.js';

/** The part of a request that Express and Fastify have in common. */
export interface PagedRequest {
  readonly method: string;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly url: string;
  readonly originalUrl?: string;
  /** Express: the pattern of the route. */
  readonly route?: { readonly path?: string };
  /** The same on Fastify. */
  readonly routeOptions?: { readonly url?: string };
}

const takenInputs = new WeakMap<object, unknown>();

/** The part of a request that has the page parameters. */
export function inputOf(request: PagedRequest, paging: Paging | undefined): unknown {
  if (takenInputs.has(request)) return takenInputs.get(request);
  return paging?.from === 'body' ? request.body : request.query;
}

/**
 * Removes the page parameters from the request, so that the pipes of the other parameters see only what belongs to the
 * handler.
 */
export function takeParameters(request: PagedRequest, paging: Paging, names: ParameterNames): void {
  const input = inputOf(request, paging);
  if (takenInputs.has(request) || typeof input !== 'object' || input === null) return;
  takenInputs.set(request, input);
  const value = withoutParameters(input, names.readBy(paging.orders));
  // On Express 5 the query is an accessor of the prototype.
  const property = { value, enumerable: true, writable: true, configurable: true };
  // A middleware may have fixed the property. If it cannot be assigned either, the pipes see everything.
  if (!Reflect.defineProperty(request, paging.from, property)) Reflect.set(request, paging.from, value);
}
