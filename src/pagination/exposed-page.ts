import { orAbsent } from '../common/optional-package.js';
import { Page } from './page.js';

/** `page` of an answer, for class-transformer: `total` is there only if it was counted. */
class ExposedInfo {
  declare limit: unknown;
  declare hasMore: unknown;
  declare next: unknown;
  declare total: unknown;
}

/**
 * Declares for class-transformer, if it is installed, what is sent of a page. Under `excludeExtraneousValues` or
 * `strategy: 'excludeAll'` the serializer keeps only what a decorator exposes. The items keep the rules of their class.
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
  Type(() => ExposedInfo)(Page.prototype, 'page');
  expose(ExposedInfo, ['limit', 'hasMore', 'next', 'total']);
}
