import { orAbsent } from '../common/optional-package.js';
import { Page } from './page.js';

/** `page` of a response, for class-transformer. `total` exists only if it was counted. */
class ExposedPageInfo {
  declare limit: unknown;
  declare hasMore: unknown;
  declare next: unknown;
  declare previous: unknown;
  declare total: unknown;
}

/**
 * Declares the properties of a page for class-transformer, if it is installed. Under `excludeExtraneousValues` or
 * `strategy: 'excludeAll'` the serializer keeps only exposed properties. The items keep the rules of their class.
 */
export async function exposePages(): Promise<void> {
  const transformer = await import('class-transformer').catch(orAbsent);
  if (transformer === undefined) return;
  const { Expose, Type } = transformer;
  const expose = (type: Function, names: readonly string[]) => {
    Expose()(type);
    for (const name of names) Expose()(type.prototype as object, name);
  };
  expose(Page, ['items', 'page']);
  Type(() => ExposedPageInfo)(Page.prototype, 'page');
  expose(ExposedPageInfo, ['limit', 'hasMore', 'next', 'previous', 'total']);
}
