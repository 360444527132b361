import type { DeclaredRoute } from './declared-route.js';

/** A list that `@Paginate()` pages, as the application declares it. */
export interface AskedList {
  readonly route: DeclaredRoute;
  /** Distinguishes the list from the others of the application. */
  readonly name: string;
  /** Whether no interceptor bounds the rows that the handler returns. */
  readonly isUnbounded: boolean;
}

interface PageQuery {
  readonly limit: unknown;
  readonly offset: unknown;
  readonly after: unknown;
}

/** What `@Paginate()` reads from a request. */
export interface AskedPage {
  readonly list: AskedList;
  readonly query: Partial<PageQuery>;
}

const lists: AskedList[] = [];
const numbers = new WeakMap<DeclaredRoute, Map<string, number>>();

/**
 * Packs the page into digits. Every global pipe receives the value before the page is made of it, and pipes walk and
 * copy objects, trim text and change its case.
 */
export function packAsked(list: AskedList, { limit, offset, after }: PageQuery): string {
  const number = numberOf(list);
  if (limit === undefined && offset === undefined && after === undefined) return number;
  const query = { limit: readable(limit), offset: readable(offset), after: readable(after) };
  return `${number}.${Buffer.from(JSON.stringify(query)).toString('hex')}`;
}

/** Reverses `packAsked`. */
export function unpackAsked(word: string): AskedPage {
  const [number = '', query] = word.split('.');
  return {
    list: lists[Number(number)]!,
    query: query === undefined ? {} : (JSON.parse(Buffer.from(query, 'hex').toString()) as PageQuery),
  };
}

/** An application declares a finite number of lists, so each of them keeps its number. */
function numberOf(list: AskedList): string {
  let named = numbers.get(list.route);
  if (named === undefined) numbers.set(list.route, (named = new Map()));
  const name = `${list.isUnbounded ? 'unbounded' : ''} ${list.name}`;
  let number = named.get(name);
  if (number === undefined) named.set(name, (number = lists.push(list) - 1));
  return String(number);
}

/** Everything else is refused, like `false`. */
function readable(value: unknown): unknown {
  const isReadable =
    value === undefined || value === null || typeof value === 'string' || Number.isSafeInteger(value);
  return isReadable ? value : false;
}
