import type { Type } from '@nestjs/common';
import { ApiBadRequestResponse, ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { pagingOf } from '../pagination/index.js';
import { pageModelOf, PageRequestErrorModel } from './page.models.js';
import { AfterParameter, LimitParameter, OffsetParameter } from './page.parameters.js';

/** What a list holds: a class with `@ApiProperty()` fields, or String, Number or Boolean. */
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
 * Documents a route that answers with pages: the parameters `limit`, `offset` and, with `@Paginate({ sort })`, `after`;
 * the answer of `Page.of()`; the Link header; status 400. `default` and `maximum` of `limit` are those of `@PageSize`.
 * An array stands for a route that answers with a bare array.
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
    const paging = pagingOf(target, key);
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

/** Not as `type`, which another decorator's description unsets, nor as `schema`, which another's type leaves behind. */
const json = (schema: Schema) => ({ content: { 'application/json': { schema } } });
