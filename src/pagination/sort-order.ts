import { ConfigDefinitionError } from '../config/index.js';
import { isGiven } from './counting.js';
import { PageRequestError } from './page.error.js';
import { valueOf } from './parameter-path.js';

/** The columns of a sort; or several orders by name, of which the client chooses one. The first is the default. */
export type PageSort = readonly string[] | Readonly<Record<string, readonly string[]>>;

/** The orders of a list. */
export class SortOrders {
  /** The names of the orders; empty if there is one without a name. */
  readonly names: readonly string[];
  private readonly orders: ReadonlyMap<string | undefined, SortOrder>;

  /** @throws ConfigDefinitionError */
  constructor(sort: PageSort) {
    const named = Array.isArray(sort) ? [[undefined, sort]] : Object.entries(Object(sort) as object);
    if (named.length === 0) {
      throw new ConfigDefinitionError("sort must be a list, such as ['id'], or name at least one order");
    }
    this.orders = new Map(
      named.map(([name, columns]) => [
        name as string | undefined,
        new SortOrder(columns as readonly string[]),
      ]),
    );
    this.names = [...this.orders.keys()].filter((name) => name !== undefined);
  }

  /** @throws PageRequestError if the client names another order */
  choose(input: unknown, parameter: string): readonly [name: string | undefined, order: SortOrder] {
    const [first] = this.orders;
    const chosen = this.names.length === 0 ? undefined : valueOf(input, parameter);
    if (!isGiven(chosen)) return first!;
    const order = typeof chosen === 'string' ? this.orders.get(chosen) : undefined;
    if (order !== undefined) return [chosen as string, order];
    throw new PageRequestError(parameter, `must be one of ${this.names.join(', ')}`);
  }
}

const KINDS: ReadonlySet<string> = new Set(['string', 'number', 'bigint', 'boolean']);

interface SortColumn {
  /** Its name and direction. */
  readonly text: string;
  /** The type of its values; undefined if it is not declared. */
  readonly kind: string | undefined;
}

/** The columns by which a list is sorted, and the check of its keys. */
export class SortOrder {
  /** The normalized columns and directions, without kinds. */
  readonly text: string;
  private readonly columns: readonly SortColumn[];

  /**
   * @param declared columns such as 'created_at:desc', 'id', or 'id:asc:bigint' with the kind of its values
   * @throws ConfigDefinitionError
   */
  constructor(declared: readonly string[]) {
    if (!Array.isArray(declared)) throw new ConfigDefinitionError("sort must be a list, such as ['id']");
    this.columns = declared.map(columnOf);
    this.text = this.columns.map(({ text }) => text).join();
    const names = this.columns.map(({ text }) => text.slice(0, text.indexOf(':')));
    if (names.length === 0 || new Set(names).size < names.length) {
      throw new ConfigDefinitionError('sort must name at least one column, and no column twice');
    }
  }

  /** What is wrong with a key; undefined if it is valid. */
  problemOf(key: unknown): string | undefined {
    if (!Array.isArray(key) || key.length !== this.columns.length) {
      return `must be a list of ${this.columns.length}: ${this.text}`;
    }
    const index = this.columns.findIndex(({ kind }, at) => !isOfKind(key[at], kind));
    if (index === -1) return undefined;
    const { text, kind = 'string, number, bigint, boolean or null' } = this.columns[index]!;
    return `has a value for ${text} that is not a ${kind}: ${describe(key[index])}`;
  }
}

function columnOf(declared: string): SortColumn {
  const [name = '', direction = 'asc', kind, ...rest] = declared.split(':');
  const isKnown = /^(?:asc|desc)$/.test(direction) && (kind === undefined || KINDS.has(kind));
  if (!isKnown || rest.length > 0 || !/^[^\s,]+$/.test(name)) {
    throw new ConfigDefinitionError(
      `sort: '${declared}' must be a column, optionally followed by :asc or :desc and then by the kind of its ` +
        `values (:${[...KINDS].join(' :')}), such as 'created_at:desc' or 'id:asc:bigint'`,
    );
  }
  return { text: `${name}:${direction}`, kind };
}

/** Null is valid for every kind. */
function isOfKind(value: unknown, kind: string | undefined): boolean {
  if (value === null) return true;
  return kind === undefined ? KINDS.has(typeof value) : typeof value === kind;
}

/** Describes the type of a value, without quoting the value. */
function describe(value: unknown): string {
  if (value instanceof Date) return 'a Date, which would lose microseconds; select the timestamp as text';
  if (value === undefined) return 'undefined; select that column';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
