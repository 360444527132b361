import { cutRows } from './cut-rows.js';
import { Page } from './page.js';
import type { PageBounds } from './page-request.js';
import { isRowSource, readRows, type Client } from './row-reader.js';

/** What is left of a handler's result when it is cut to the page. */
export interface BoundedList {
  readonly body: unknown;
  /** How many rows came: all of an array, at most `take` of a source; absent where the result is neither. */
  readonly rows?: number;
  /** Whether the source was closed before it said how many rows it has. */
  readonly open: boolean;
}

/**
 * Cuts a result to the page: arrays and `{ items }` at once, sources of rows as they are read, a query builder that is
 * a promise in disguise once it has its rows. Changes nothing else.
 */
export function boundList(
  result: unknown,
  page: PageBounds,
  client: Client,
): BoundedList | Promise<BoundedList> {
  if (Array.isArray(result)) return { body: cut(result, page), rows: result.length, open: false };
  if (typeof result !== 'object' || result === null) return untouched(result);
  if (isThenable(result)) return Promise.resolve(result).then((settled) => boundList(settled, page, client));
  if (isRowSource(result)) return boundSource(readRows(result, page.take, client), page);
  const { items } = result as { items?: unknown };
  if (!Array.isArray(items)) return untouched(result);
  const body = items.length > page.limit ? withItems(result, page, items) : result;
  return { body, rows: Page.rowsOf(result) ?? items.length, open: false };
}

function isThenable(value: object): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown }).then === 'function';
}

async function boundSource(reading: ReturnType<typeof readRows>, page: PageBounds): Promise<BoundedList> {
  const read = await reading;
  if ('chunks' in read) return { body: read.chunks, rows: 0, open: false };
  return { body: cut(read.rows, page), rows: read.rows.length, open: true };
}

function untouched(body: unknown): BoundedList {
  return { body, open: false };
}

function cut(rows: readonly unknown[], { limit }: PageBounds): readonly unknown[] {
  return rows.length <= limit ? rows : cutRows(rows, limit);
}

/** The handler's object may be shared, from a cache for instance, so it is not the one that changes. */
function withItems(result: { toJSON?: unknown }, page: PageBounds, items: readonly unknown[]): object {
  const copy = Object.create(Object.getPrototypeOf(result) as object | null, {
    ...Object.getOwnPropertyDescriptors(result),
    items: { value: cut(items, page), enumerable: true, writable: true, configurable: true },
  }) as object;
  const { toJSON } = result;
  if (typeof toJSON !== 'function') return copy;
  const json = (): unknown => {
    try {
      return toJSON.call(copy);
    } catch {
      // Private fields are those of the handler's object alone.
      return cutJson(toJSON.call(result), page);
    }
  };
  return Object.defineProperty(copy, 'toJSON', { value: json });
}

function cutJson(json: unknown, page: PageBounds): unknown {
  if (Array.isArray(json)) return cut(json, page);
  const { items } = Object(json) as { items?: unknown };
  return Array.isArray(items) ? { ...(json as object), items: cut(items, page) } : json;
}
