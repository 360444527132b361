import { ConfigDefinitionError } from '../config/index.js';
import type { ParameterNames } from './page-params.js';
import type { SortOrders } from './sort-order.js';

const PAGING = 'production-config:paging';

/** How a handler's list is read, as `@Paginate()` declares it. */
export interface Paging {
  /** Undefined if the list is read by offset alone. */
  readonly orders: SortOrders | undefined;
  readonly isSealed: boolean;
  /** Undefined for those of the application. */
  readonly names: ParameterNames | undefined;
  /** Undefined for that of the application. */
  readonly maxOffset: number | undefined;
  /** The part of the request that has the page parameters. */
  readonly from: 'query' | 'body';
}

/** What `@Paginate()` declared for a handler; undefined if it takes no page. */
export function pagingOf(prototype: object, handler: string | symbol): Paging | undefined {
  return Reflect.getMetadata(PAGING, prototype, handler) as Paging | undefined;
}

/** @throws ConfigDefinitionError if the handler already takes a page */
export function declarePaging(prototype: object, handler: string | symbol, paging: Paging): void {
  if (Reflect.hasOwnMetadata(PAGING, prototype, handler)) {
    throw new ConfigDefinitionError(
      `${prototype.constructor.name}.${String(handler)} has more than one @Paginate(): a handler takes one page`,
    );
  }
  Reflect.defineMetadata(PAGING, paging, prototype, handler);
}
