import { type PageParams, type Paging, type ParameterNames, pageSizesOf } from '../pagination/index.js';

/** A parameter as @nestjs/swagger keeps it. */
export interface PageParameter {
  readonly name: string;
  readonly in: 'query';
  readonly required: false;
  readonly description: string;
  readonly schema: object;
}

type Describe = (
  params: PageParams,
) => readonly [name: string | undefined, description: string, schema: object];

const text = { type: 'string' };
const number = (minimum: number) => ({ type: 'integer', minimum });

/** Without defaults: generated clients would send them together with a cursor. */
const POSITIONS: readonly Describe[] = [
  ({ offset }) => [offset, 'The number of items to skip; 0 if omitted', number(0)],
  ({ start }) => [start, 'The index of the first item; 0 if omitted', number(0)],
  ({ end }) => [end, 'The index after the last item', number(0)],
  ({ range }) => [range, 'The indexes of the first and the last item as JSON, such as `[0,24]`', text],
  ({ page }) => {
    const { name, first } = typeof page === 'object' ? page : { name: page, first: 1 };
    return [name, `The number of the page; ${first} if omitted`, number(first)];
  },
];

const CURSORS: readonly Describe[] = [
  ({ after }) => [after, 'The cursor of the next page; cannot be combined with another position', text],
  ({ before }) => [before, 'The cursor of the previous page; cannot be combined with another position', text],
  ({ last }) => [last, 'The maximum number of items of a page before a cursor', number(1)],
];

/** The parameters of a paged route. @param sizes the limits of `limit`, read when the document is made */
export function pageParameters(
  { params }: ParameterNames,
  paging: Paging | undefined,
  sizes: () => object,
): PageParameter[] {
  const describe = (described: readonly Describe[]) =>
    described.flatMap((make) => {
      const [name, description, schema] = make(params);
      return name === undefined ? [] : [parameterOf(name, description, schema)];
    });
  const orders = paging?.orders?.names ?? [];
  return [
    ...(params.limit === undefined ? [] : [limitParameter(params.limit, params.page === undefined, sizes)]),
    ...(paging?.orders === undefined ? [] : describe(CURSORS)),
    ...describe(POSITIONS),
    ...(orders.length === 0 ? [] : [parameterOf(params.sort ?? 'sort', SORT, { ...text, enum: orders })]),
  ];
}

const SORT = 'The order of the list; the first one if omitted';

const LIMIT = 'The maximum number of items to return; ';

function limitParameter(name: string, isReduced: boolean, sizes: () => object): PageParameter {
  const excess = isReduced ? 'is reduced to the maximum allowed' : 'than the maximum allowed is refused';
  const parameter = parameterOf(name, `${LIMIT}a larger number ${excess}`, {});
  return Object.defineProperty(parameter, 'schema', {
    enumerable: true,
    get: () => ({ ...number(1), ...sizes() }),
  });
}

function parameterOf(name: string, description: string, schema: object): PageParameter {
  return { name, in: 'query', required: false, description, schema };
}

/** Reads `@PageSize` only when the document is made: it may be above this decorator, or on the controller. */
export function sizesOf(target: object, key: string | symbol): { default?: number; maximum?: number } {
  const sizes = pageSizesOf(target.constructor, Reflect.get(target, key) as Function);
  return sizes ? { default: sizes.pageSize, maximum: sizes.maxPageSize } : {};
}
