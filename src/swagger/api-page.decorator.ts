import type { Type } from '@nestjs/common';
import { ApiBadRequestResponse, ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { pagingModeOf } from '../pagination/index.js';
import { pageModelOf, PageRequestErrorModel } from './page.models.js';
import { AfterParameter, LimitParameter, OffsetParameter } from './page.parameters.js';

/** The type of an item: a class with `@ApiProperty()` fields, or String, Number or Boolean. */
export type ApiItem = Type<unknown>;

interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: Schema;
}

const PRIMITIVES: ReadonlySet<ApiItem> = new Set<ApiItem>([String, Number, Boolean]);

const LINK = {
  description: 'The next page (RFC 8288, `rel="next"`), if there is one',
  schema: { type: 'string' },
};

/**
 * Documents a route that returns pages: the parameters `limit`, `offset` and, with `@Paginate({ sort })`, `after`; the
 * response of `Page.of()`; the Link header; status 400. `default` and `maximum` of `limit` come from `@PageSize`.
 * Pass `[Item]` for a route that returns a bare array.
 *
 * @param item the class of an item, or an array of it
 *
 * @example
 * ```ts
 * @Get()
 * @ApiPage(ProductDto)
 * async list(@Paginate({ sort: ['id'] }) page: PageRequest<[string]>) {
 *   return Page.of(await this.products.after(page), page, ({ id }) => [id]);
 * }
 *
 * @Get('cheapest')
 * @ApiPage([ProductDto])
 * cheapest(@Paginate() page: PageRequest) {
 *   return this.products.cheapest(page.take, page.offset);
 * }
 * ```
 */
export function ApiPage(item: ApiItem | readonly [ApiItem]): MethodDecorator {
  const [model, schema] = isBare(item) ? bareOf(item[0]) : envelopeOf(item);
  return (target, key, descriptor) => {
    const paging = pagingModeOf(target, key);
    const decorators: MethodDecorator[] = [
      LimitParameter(),
      ...(paging === 'cursor' ? [AfterParameter()] : []),
      OffsetParameter(),
      ApiOkResponse({
        description: 'A page of the list',
        ...(paging === undefined ? {} : { headers: { Link: LINK } }),
        ...json(schema),
      }),
      ApiBadRequestResponse({
        description: 'A page parameter is invalid',
        ...json(refTo(PageRequestErrorModel)),
      }),
      ApiExtraModels(PageRequestErrorModel, ...(model ? [model] : [])),
    ];
    for (const decorate of decorators) decorate(target, key, descriptor);
  };
}

const isBare = (item: ApiItem | readonly [ApiItem]): item is readonly [ApiItem] => Array.isArray(item);

function envelopeOf(item: ApiItem): [model: ApiItem, schema: Schema] {
  const model = pageModelOf(item);
  return [model, refTo(model)];
}

function bareOf(item: ApiItem): [model: ApiItem | undefined, schema: Schema] {
  return PRIMITIVES.has(item)
    ? [undefined, { type: 'array', items: { type: item.name.toLowerCase() } }]
    : [item, { type: 'array', items: refTo(item) }];
}

const refTo = (model: ApiItem): { $ref: string } => ({ $ref: getSchemaPath(model) });

/** Uses `content`, because other decorators on the route override `type` and keep a stale `schema`. */
const json = (schema: Schema) => ({ content: { 'application/json': { schema } } });
