import { resolvePage, type PageLimits, type PageRequest } from './page-request.js';

/** A request's page, and whether its handler asked for it. */
export interface PageState {
  readonly page: PageRequest;
  taken: boolean;
}

// Beside the request, not on it: Express 5 computes `request.query` anew at every access.
const states = new WeakMap<object, PageState>();

/** The page of a request, resolved once however many interceptors and parameters ask for it. */
export function pageStateOf(request: { query?: unknown }, limits: PageLimits): PageState {
  let state = states.get(request);
  if (state === undefined)
    states.set(request, (state = { page: resolvePage(request.query, limits), taken: false }));
  return state;
}
