import type { DeclaredRoute } from './declared-route.js';

/** A list that a handler pages with `@Paginate()`. */
export interface PagedList {
  readonly route: DeclaredRoute;
  /** Distinguishes the list from the others of the application. */
  readonly name: string;
  /** Whether no interceptor bounds the rows that the handler returns. */
  readonly isUnbounded: boolean;
}

/** The page parameters of a request, unparsed. */
interface PageQuery {
  readonly limit: unknown;
  readonly offset: unknown;
  readonly after: unknown;
}

const lists: PagedList[] = [];
const numbers = new Map<DeclaredRoute, Map<string, number>>();

/**
 * Packs the page parameters into a word of digits behind a letter. Global pipes receive the value before it is parsed,
 * and pipes walk and copy objects, trim text, change its case and make numbers of digits.
 */
export function packQuery(list: PagedList, { limit, offset, after }: PageQuery): string {
  const number = numberOf(list);
  if (limit === undefined && offset === undefined && after === undefined) return `p${number}`;
  const query = { limit: scalarOf(limit), offset: scalarOf(offset), after: scalarOf(after) };
  return `p${number}.${Buffer.from(JSON.stringify(query)).toString('hex')}`;
}

/** Reverses `packQuery`. */
export function unpackQuery(packed: string): {
  readonly list: PagedList;
  readonly query: Partial<PageQuery>;
} {
  const [number = '', query] = packed.slice(1).split('.');
  return {
    list: lists[Number(number)]!,
    query: query === undefined ? {} : (JSON.parse(Buffer.from(query, 'hex').toString()) as PageQuery),
  };
}

/** The number of a list never changes: an application declares a finite number of lists. */
function numberOf(list: PagedList): number {
  let named = numbers.get(list.route);
  if (named === undefined) numbers.set(list.route, (named = new Map()));
  const name = `${list.isUnbounded ? 'unbounded' : ''} ${list.name}`;
  let number = named.get(name);
  if (number === undefined) named.set(name, (number = lists.push(list) - 1));
  return number;
}

/** Replaces any other value by `false`, which is refused as it would be. */
function scalarOf(value: unknown): unknown {
  const isScalar =
    value === undefined || value === null || typeof value === 'string' || Number.isSafeInteger(value);
  return isScalar ? value : false;
}
