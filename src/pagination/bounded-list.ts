import { cutRows } from './cut-rows.js';
import { Page, pageInfoOf } from './page.js';
import { isRowSource, readRows, type Client } from './row-reader.js';

/** What is left of a handler's result when it is cut to its page. */
export interface BoundedList {
  readonly body: unknown;
  /** How many rows came: all of an array, at most one beyond the page of a source; absent where the result is neither. */
  readonly rows?: number;
  /** How many may leave. */
  readonly limit: number;
  /** Whether no more were read than the page and the row beyond it. */
  readonly isRead?: boolean;
}

/** How many rows may leave: as many as were asked for, and of a page that says how long it is, at most `most`. */
export interface Bounds {
  readonly limit: number;
  readonly most: number;
}

/**
 * Cuts a result to the page: arrays and `{ items }` at once, sources of rows as they are read, a query builder that is
 * a promise in disguise once it has its rows. Changes nothing else.
 */
export function boundList(
  result: unknown,
  bounds: Bounds,
  client: Client,
): BoundedList | Promise<BoundedList> {
  const { limit } = bounds;
  if (isThenable(result))
    return Promise.resolve(result).then((settled) => boundList(settled, bounds, client));
  if (typeof result !== 'object' || result === null) return untouched(result, limit);
  const rows = arrayOf(result);
  if (rows !== undefined) return { body: cut(rows, limit), rows: rows.length, limit };
  if (isRowSource(result)) return boundSource(readRows(result, limit + 1, client), limit);
  const items = itemsOf(result);
  return items === undefined ? untouched(result, limit) : boundItems(result, items, bounds);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayBe = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return mayBe && typeof (value as { then?: unknown }).then === 'function';
}

/** An array, or a collection that is sent as one. */
function arrayOf(result: object): readonly unknown[] | undefined {
  const { toJSON } = result as { toJSON?: unknown };
  if (typeof toJSON === 'function' && Symbol.iterator in result && !ArrayBuffer.isView(result)) {
    const json: unknown = toJSON.call(result);
    if (Array.isArray(json)) return json;
  }
  return Array.isArray(result) ? result : undefined;
}

async function boundSource(reading: ReturnType<typeof readRows>, limit: number): Promise<BoundedList> {
  const read = await reading;
  if ('chunks' in read) return { body: read.chunks, rows: 0, limit };
  return { body: cut(read.rows, limit), rows: read.rows.length, limit, isRead: true };
}

function untouched(body: unknown, limit: number): BoundedList {
  return { body, limit };
}

/** What is sent as `items`. A getter that is not sent may load what nobody asked for. */
function itemsOf(result: { items?: unknown; toJSON?: unknown }): readonly unknown[] | undefined {
  const isSent =
    Object.prototype.propertyIsEnumerable.call(result, 'items') || typeof result.toJSON === 'function';
  const items = isSent ? result.items : undefined;
  return Array.isArray(items) ? items : undefined;
}

/** A page is as long as it says, or its cursor would lead past rows that were not sent. */
function boundItems(result: object, items: readonly unknown[], { limit: asked, most }: Bounds): BoundedList {
  const info = pageInfoOf(result);
  const limit = info === undefined ? asked : Math.min(info.limit, most);
  const rows = Page.rowsOf(result) ?? items.length;
  if (items.length <= limit) return { body: result, rows, limit };
  const page = info && { ...info, limit, hasMore: true, next: null };
  const body = result instanceof Page ? result.cut(limit) : withItems(result, cut(items, limit), page);
  return { body, rows, limit };
}

function cut(rows: readonly unknown[], limit: number): readonly unknown[] {
  return rows.length <= limit ? rows : cutRows(rows, limit);
}

/** The handler's object may be shared, from a cache for instance, so it is not the one that changes. */
function withItems(
  result: { toJSON?: unknown },
  items: readonly unknown[],
  page: object | undefined,
): object {
  const { toJSON } = result;
  const json = (): unknown => {
    try {
      return (toJSON as Function).call(copy);
    } catch {
      // Private fields are those of the handler's object alone.
      return cutJson((toJSON as Function).call(result), items.length);
    }
  };
  const copy: object = Object.create(Object.getPrototypeOf(result) as object | null, {
    ...Object.getOwnPropertyDescriptors(result),
    items: fieldOf(items, true),
    ...(page && { page: fieldOf(page, true) }),
    ...(typeof toJSON === 'function' && { toJSON: fieldOf(json, false) }),
  });
  return copy;
}

function fieldOf(value: unknown, enumerable: boolean): PropertyDescriptor {
  return { value, enumerable, writable: true, configurable: true };
}

function cutJson(json: unknown, limit: number): unknown {
  if (Array.isArray(json)) return cut(json, limit);
  const { items } = Object(json) as { items?: unknown };
  return Array.isArray(items) ? { ...(json as object), items: cut(items, limit) } : json;
}
