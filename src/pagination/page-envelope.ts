import { ConfigDefinitionError } from '../config/index.js';

/** A page with everything that an envelope may show. */
export interface EnvelopedPage<Item = unknown> {
  /** The rows, as the handler returned them. */
  readonly items: readonly Item[];
  /** The maximum number of rows on the page. */
  readonly limit: number;
  /** The number of rows before the page; undefined if it was read by cursor. */
  readonly offset: number | undefined;
  /** The number of the page, counted as the client counts, otherwise from 1; undefined if it was read by cursor. */
  readonly number: number | undefined;
  /** The number of the last page; undefined without a total. */
  readonly lastNumber: number | undefined;
  /** Whether more rows follow. */
  readonly hasMore: boolean;
  /** The number of rows in the list, if the handler counted them. */
  readonly total: number | undefined;
  /** The cursor of the next page; null if there is none. */
  readonly next: string | null;
  /** The cursor of the previous page; null if there is none. */
  readonly previous: string | null;
  /** The targets of the links to other pages, written like the Link header; null if there is no such page. */
  readonly links: PageLinkTargets;
}

/** Links to other pages; null if there is no such page. */
export interface PageLinkTargets {
  /** The first page. */
  readonly first: string | null;
  /** The previous page; also null if the list is read by cursor and its params do not name `before`. */
  readonly prev: string | null;
  /** The next page. */
  readonly next: string | null;
  /** The last page; also null without a total, and if clients cannot say a position. */
  readonly last: string | null;
}

/**
 * The shape in which pages are sent, instead of `{ items, page }`: a function, or one with the schema that `@ApiPage`
 * documents.
 *
 * @example
 * ```ts
 * ProductionConfigModule.forRoot({
 *   pagination: {
 *     envelope: {
 *       wrap: ({ items, total, number, lastNumber }) => ({ data: items, meta: { total, page: number, lastPage: lastNumber } }),
 *       schema: (items) => ({ type: 'object', required: ['data'], properties: { data: items, meta: { type: 'object' } } }),
 *     },
 *   },
 * })
 * ```
 */
export type PageEnvelope =
  | ((page: EnvelopedPage) => unknown)
  | {
      /** Returns the body. */
      readonly wrap: (page: EnvelopedPage) => unknown;
      /** The OpenAPI schema of what `wrap` returns, for a list with this schema. */
      readonly schema?: ((items: object) => object) | undefined;
    };

/** An envelope with its defaults filled in. */
export interface CheckedEnvelope {
  readonly wrap: (page: EnvelopedPage) => unknown;
  /** Undefined if it is not known what is sent. */
  readonly schema: ((items: object) => object) | undefined;
}

/** @throws ConfigDefinitionError */
export function checkEnvelope(envelope: PageEnvelope | undefined): CheckedEnvelope | undefined {
  if (envelope === undefined) return undefined;
  const { wrap, schema } = typeof envelope === 'function' ? { wrap: envelope } : envelope;
  if (typeof wrap !== 'function' || !['undefined', 'function'].includes(typeof schema)) {
    throw new ConfigDefinitionError(
      'pagination.envelope must be a function, or { wrap, schema } with functions',
    );
  }
  return { wrap, schema };
}
