import { ConfigDefinitionError } from '../config/index.js';

const PAGING = 'production-config:paging';

/** By what the page of a handler can be asked for. */
export type Paging = 'cursor' | 'offset';

/** Of a handler, as `@Paginate()` declared it; undefined where it takes no page. */
export function pagingOf(prototype: object, handler: string | symbol): Paging | undefined {
  return Reflect.getMetadata(PAGING, prototype, handler) as Paging | undefined;
}

/** @throws ConfigDefinitionError when the handler takes a page already */
export function declarePaging(prototype: object, handler: string | symbol, paging: Paging): void {
  if (Reflect.hasOwnMetadata(PAGING, prototype, handler)) {
    throw new ConfigDefinitionError(
      `${prototype.constructor.name}.${String(handler)} has more than one @Paginate(): a handler takes one page`,
    );
  }
  Reflect.defineMetadata(PAGING, paging, prototype, handler);
}
