import { ConfigDefinitionError } from '../config/index.js';

const PAGING = 'production-config:paging';

/** How a handler's list is read. */
export type PagingMode = 'cursor' | 'offset';

/** The mode that `@Paginate()` declared for a handler; undefined if it takes no page. */
export function pagingModeOf(prototype: object, handler: string | symbol): PagingMode | undefined {
  return Reflect.getMetadata(PAGING, prototype, handler) as PagingMode | undefined;
}

/** @throws ConfigDefinitionError if the handler already takes a page */
export function declarePagingMode(prototype: object, handler: string | symbol, paging: PagingMode): void {
  if (Reflect.hasOwnMetadata(PAGING, prototype, handler)) {
    throw new ConfigDefinitionError(
      `${prototype.constructor.name}.${String(handler)} has more than one @Paginate(): a handler takes one page`,
    );
  }
  Reflect.defineMetadata(PAGING, paging, prototype, handler);
}
