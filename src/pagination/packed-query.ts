import type { DeclaredRoute } from './declared-route.js';
import { ParameterNames } from './page-params.js';
import type { Paging } from './paging.metadata.js';
import { type Parameters, valueOf } from './parameter-path.js';

/** A list that a handler pages with `@Paginate()`. */
export interface PagedList {
  readonly route: DeclaredRoute;
  readonly paging: Paging;
  /** Distinguishes the list from the others of the application. */
  readonly name: string;
  /** Whether no interceptor bounds the rows that the handler returns. */
  readonly isUnbounded: boolean;
}

const lists: PagedList[] = [];
const numbers = new Map<DeclaredRoute, Map<string, number>>();
// A parameter decorator does not know its application, whose names PagePipe chooses.
const applicationNames = new Set(ParameterNames.DEFAULT.all);

/** Makes `packQuery` pack the parameters that an application names. */
export function registerNames(names: ParameterNames): void {
  for (const name of names.all) applicationNames.add(name);
}

/**
 * Packs the page parameters into a word of digits behind a letter. Global pipes receive the value before it is parsed,
 * and pipes walk and copy objects, trim text, change its case and make numbers of digits.
 */
export function packQuery(list: PagedList, input: unknown): string {
  const number = numberOf(list);
  let query: Record<string, unknown> | undefined;
  for (const name of list.paging.names?.all ?? applicationNames) {
    const value = valueOf(input, name);
    if (value !== undefined) (query ??= {})[name] = scalarOf(value);
  }
  if (query === undefined) return `p${number}`;
  return `p${number}.${Buffer.from(JSON.stringify(query)).toString('hex')}`;
}

/** Reverses `packQuery`. */
export function unpackQuery(packed: string): { readonly list: PagedList; readonly query: Parameters } {
  const [number = '', query] = packed.slice(1).split('.');
  return {
    list: lists[Number(number)]!,
    query: query === undefined ? {} : (JSON.parse(Buffer.from(query, 'hex').toString()) as Parameters),
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

/** Replaces a non-scalar value by `false`, which is refused, too. JSON cannot write Infinity. */
function scalarOf(value: unknown): unknown {
  const isScalar = value === null || typeof value === 'string' || Number.isFinite(value);
  return isScalar ? value : false;
}
