import { Page, cutRows, pageInfoOf } from './page.js';
import type { PageState } from './page-state.js';
import { type Client, type RowSource, isRowSource, isThenable, readRows } from './row-reader.js';
import { type NestedSource, SentParts, copyWith, jsonOf, replaced } from './sent-parts.js';

/** What is left of a handler's result when it is cut to its page. */
export interface BoundedList {
  readonly body: unknown;
  /** How many rows came: all of an array, at most one beyond the page of a source; absent where the result is neither. */
  readonly rows?: number;
  /** How many may leave. */
  readonly limit: number;
  /** Whether no more were read than the page and the row beyond it. */
  readonly isRead?: boolean;
  /** The length of a list inside that is longer than the page, and leaves as it is. */
  readonly hidden?: number | undefined;
  /** Whether a source inside had more rows than the page, and was cut. */
  readonly isCutInside?: boolean;
}

/** The page that bounds a result. A generator may resolve it with its first row, so each row reads it anew. */
export type Bounds = Pick<PageState, 'page' | 'route'>;

/**
 * Cuts a result to the page: arrays, sets, maps and `{ items }` at once, also those that `toJSON()` makes; sources of
 * rows as they are read, also inside of an object; a query builder that is a promise in disguise once it has its rows.
 * Changes nothing else.
 */
export function boundList(
  result: unknown,
  bounds: Bounds,
  client: Client,
): BoundedList | Promise<BoundedList> {
  if (isThenable(result))
    return Promise.resolve(result).then((settled) => boundList(settled, bounds, client));
  const { limit } = bounds.page;
  if (typeof result !== 'object' || result === null) return { body: result, limit };
  if (result instanceof Page) return boundItems(result, result.items, bounds);
  if (isRowSource(result)) return boundSource(result, bounds, client);
  const json = jsonOf(result);
  if (Array.isArray(json)) return boundArray(json, limit);
  if (Array.isArray(result)) return boundArray(result, limit);
  if (result instanceof Set) return { body: new Set(cut([...result], limit)), rows: result.size, limit };
  if (result instanceof Map) return { body: new Map(cut([...result], limit)), rows: result.size, limit };
  return boundObject(result, json, bounds, client);
}

async function boundSource(source: RowSource, bounds: Bounds, client: Client): Promise<BoundedList> {
  const read = await readRows(source, () => bounds.page.limit + 1, client);
  const { limit } = bounds.page;
  if ('chunks' in read) return { body: read.chunks, rows: 0, limit };
  return { body: cut(read.rows, limit), rows: read.rows.length, limit, isRead: true };
}

function boundArray(rows: readonly unknown[], limit: number): BoundedList {
  // Rows and their number, as ORMs return them.
  const hidden = Array.isArray(rows[0]) && rows[0].length > limit ? rows[0].length : undefined;
  return { body: cut(rows, limit), rows: rows.length, limit, hidden };
}

function boundObject(
  result: object,
  json: unknown,
  bounds: Bounds,
  client: Client,
): BoundedList | Promise<BoundedList> {
  const sent = typeof json === 'object' && json !== null ? json : result;
  const items = itemsOf(sent) ?? itemsOf(result);
  const list = items ? boundItems(result, items, bounds, sent) : { body: result, limit: bounds.page.limit };
  const { sources, hidden } = new SentParts(sent, bounds.page.limit);
  if (sources.length === 0) return { ...list, hidden };
  const body = sent === result ? list.body : cutJson(sent, list.limit);
  return boundInside({ ...list, body, hidden }, sources, bounds, client);
}

/** Reads the sources inside of an object; the one in `items` is what is paged. */
async function boundInside(
  list: BoundedList,
  sources: readonly NestedSource[],
  bounds: Bounds,
  client: Client,
): Promise<BoundedList> {
  const bounded: BoundedList = { ...list };
  for (const { path, source } of sources) {
    const { body, rows = 0, limit } = await boundSource(source, bounds, client);
    Object.assign(bounded, { limit, body: replaced(bounded.body as object, path, body) });
    if (path.join('.') === 'items') Object.assign(bounded, { rows, isRead: true });
    else if (rows > limit) Object.assign(bounded, { isCutInside: true });
  }
  return bounded;
}

/** What is sent as `items`. A getter that is not sent may load what nobody asked for. */
function itemsOf(result: object): readonly unknown[] | undefined {
  const { toJSON } = result as { toJSON?: unknown };
  const isSent = Object.prototype.propertyIsEnumerable.call(result, 'items') || typeof toJSON === 'function';
  const items = isSent ? (result as { items?: unknown }).items : undefined;
  if (Array.isArray(items)) return items;
  if (typeof items !== 'object' || items === null) return undefined;
  const json = items instanceof Set ? [...items] : jsonOf(items, 'items');
  return Array.isArray(json) ? json : undefined;
}

/** A page is as long as it says, or its cursor would lead past rows that were not sent. */
function boundItems(
  result: object,
  items: readonly unknown[],
  { page: asked, route }: Bounds,
  sent: object = result,
): BoundedList {
  const info = pageInfoOf(sent);
  const limit = info === undefined ? asked.limit : Math.min(info.limit, route.limits.maxPageSize);
  const rows = Page.rowsOf(result) ?? items.length;
  if (items.length <= limit) return { body: result, rows, limit };
  if (result instanceof Page) return { body: result.cut(limit), rows, limit };
  const page = info && { page: { ...info, limit, hasMore: true, next: null } };
  const values = { items: cut(items, limit), ...page };
  const body = itemsOf(result) === undefined ? { ...sent, ...values } : withItems(result, values);
  return { body, rows, limit };
}

function cut<Row>(rows: readonly Row[], limit: number): readonly Row[] {
  return rows.length <= limit ? rows : cutRows(rows, limit);
}

/** A copy of the same class, whatever its `toJSON()` makes of the items. */
function withItems(
  result: { toJSON?: unknown },
  values: { readonly items: readonly unknown[]; readonly page?: object },
): object {
  const { toJSON } = result;
  if (typeof toJSON !== 'function') return copyWith(result, values);
  const copy = copyWith(result, values, () => {
    try {
      return cutJson(toJSON.call(copy), values.items.length);
    } catch {
      // Private fields are those of the handler's object alone.
      return cutJson(toJSON.call(result), values.items.length);
    }
  });
  return copy;
}

function cutJson(json: unknown, limit: number): unknown {
  if (Array.isArray(json)) return cut(json, limit);
  const { items } = Object(json) as { items?: unknown };
  return Array.isArray(items) ? { ...(json as object), items: cut(items, limit) } : json;
}
