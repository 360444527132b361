import { cutRows } from './page-cut.js';
import { pageInfoOf } from './page-info.js';
import { Page } from './page.js';
import type { PageState } from './page-state.js';
import { isRowSource, isThenable, type RowSource } from '../common/live-values.js';
import { type Client, readRows } from './row-reader.js';
import { type NestedSource, NestedLists, copyWith, callToJson, replaceAt } from './nested-lists.js';

/** A handler's result, cut to its page. */
export interface BoundedList {
  readonly body: unknown;
  /** The number of rows: all of an array, at most `limit + 1` of a source; undefined if the result is neither. */
  readonly rows?: number;
  /** The maximum number of rows to send. */
  readonly limit: number;
  /** Whether the rows came from a source, which is read no further than `limit + 1` rows. */
  readonly isRead?: boolean;
  /** The length of a nested list that is longer than the page and is sent uncut. */
  readonly uncutRows?: number | undefined;
  /** Whether a nested source had more rows than the page and was cut. */
  readonly isCutInside?: boolean;
}

/**
 * Cuts a result to the page and changes nothing else. Arrays, sets, maps and `{ items }` are cut at once, and so is
 * what `toJSON()` returns. Sources of rows, nested ones too, are cut while they are read, and thenable query builders
 * once they have their rows.
 *
 * @param state read anew after each row, because a generator may call `resolvePage()` before it yields
 */
export function boundList(
  result: unknown,
  state: PageState,
  client: Client,
): BoundedList | Promise<BoundedList> {
  if (isThenable(result)) return Promise.resolve(result).then((settled) => boundList(settled, state, client));
  const { limit } = state.page;
  if (typeof result !== 'object' || result === null) return { body: result, limit };
  if (result instanceof Page) return boundItems(result, result.items, state);
  if (isRowSource(result)) return boundSource(result, state, client);
  const json = callToJson(result);
  if (Array.isArray(json)) return boundArray(json, limit);
  if (Array.isArray(result)) return boundArray(result, limit);
  if (result instanceof Set) return { body: new Set(cut([...result], limit)), rows: result.size, limit };
  if (result instanceof Map) return { body: new Map(cut([...result], limit)), rows: result.size, limit };
  return boundObject(result, json, state, client);
}

async function boundSource(source: RowSource, state: PageState, client: Client): Promise<BoundedList> {
  const read = await readRows(source, () => state.page.limit + 1, client);
  const { limit } = state.page;
  if ('chunks' in read) return { body: read.chunks, rows: 0, limit };
  return { body: cut(read.rows, limit), rows: read.rows.length, limit, isRead: true };
}

function boundArray(rows: readonly unknown[], limit: number): BoundedList {
  // ORMs return [rows, total].
  const uncutRows = Array.isArray(rows[0]) && rows[0].length > limit ? rows[0].length : undefined;
  return { body: cut(rows, limit), rows: rows.length, limit, uncutRows };
}

function boundObject(
  result: object,
  json: unknown,
  state: PageState,
  client: Client,
): BoundedList | Promise<BoundedList> {
  const sent = typeof json === 'object' && json !== null ? json : result;
  const items = itemsOf(sent) ?? itemsOf(result);
  const list = items ? boundItems(result, items, state, sent) : { body: result, limit: state.page.limit };
  const { sources, uncutRows } = new NestedLists(sent, state.page.limit);
  if (sources.length === 0) return { ...list, uncutRows };
  const body = sent === result ? list.body : cutJson(sent, list.limit);
  return boundInside({ ...list, body, uncutRows }, sources, state, client);
}

/** Reads the sources inside an object. The one in `items` is the list that is paged. */
async function boundInside(
  list: BoundedList,
  sources: readonly NestedSource[],
  state: PageState,
  client: Client,
): Promise<BoundedList> {
  const bounded: BoundedList = { ...list };
  for (const { path, source } of sources) {
    const { body, rows = 0, limit } = await boundSource(source, state, client);
    Object.assign(bounded, { limit, body: replaceAt(bounded.body as object, path, body) });
    if (path.join('.') === 'items') Object.assign(bounded, { rows, isRead: true });
    else if (rows > limit) Object.assign(bounded, { isCutInside: true });
  }
  return bounded;
}

/** The list that is sent as `items`. A getter that is not sent is not read: it may run a query. */
function itemsOf(result: object): readonly unknown[] | undefined {
  const { toJSON } = result as { toJSON?: unknown };
  const isSent = Object.prototype.propertyIsEnumerable.call(result, 'items') || typeof toJSON === 'function';
  const items = isSent ? (result as { items?: unknown }).items : undefined;
  if (Array.isArray(items)) return items;
  if (typeof items !== 'object' || items === null) return undefined;
  const json = items instanceof Set ? [...items] : callToJson(items, 'items');
  return Array.isArray(json) ? json : undefined;
}

/** A page keeps its own limit: a shorter one would make its cursor skip rows that were not sent. */
function boundItems(
  result: object,
  items: readonly unknown[],
  { page: requested, route }: PageState,
  sent: object = result,
): BoundedList {
  const info = pageInfoOf(sent);
  const limit = info === undefined ? requested.limit : Math.min(info.limit, route.limits.maxPageSize);
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

/** A copy of the same class with fewer items, even if its `toJSON()` returns all of them. */
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
      // The copy does not have the private fields of the original.
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
