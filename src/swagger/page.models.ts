import type { Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import type { PageInfo, PageRequestError } from '../pagination/index.js';

/** The prefix avoids a collision with a PageInfo or ProductPage of the application, which would silently replace ours. */
function componentName(name: string): string {
  return `ProductionConfig${name}`;
}

// `implements` makes the compiler keep the documented components equal to the types that are sent.

@ApiSchema({ name: componentName('PageInfo') })
class PageInfoModel implements PageInfo {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'The maximum number of items on the page' })
  readonly limit!: number;

  @ApiProperty({ type: Boolean, description: 'Whether more items follow' })
  readonly hasMore!: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The cursor of the next page; null if there is none',
  })
  readonly next!: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'The cursor of the previous page, if the list is read backward; null if there is none',
  })
  readonly previous?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'The number of items in the list, if they are counted',
  })
  readonly total?: number;
}

@ApiSchema({ name: componentName('PageRequestError') })
export class PageRequestErrorModel implements Pick<PageRequestError, 'code' | 'parameter' | 'message'> {
  @ApiProperty({ type: 'integer', enum: [400] })
  readonly statusCode!: number;

  @ApiProperty({ type: String, example: 'Bad Request' })
  readonly error!: string;

  @ApiProperty({ type: String, enum: ['ERR_PAGE_REQUEST'] })
  readonly code!: 'ERR_PAGE_REQUEST';

  @ApiProperty({ type: String, example: 'limit', description: 'The invalid parameter' })
  readonly parameter!: PageRequestError['parameter'];

  @ApiProperty({ type: String, example: 'limit must be a whole number, at least 1' })
  readonly message!: string;
}

const models = new WeakMap<Type<unknown>, Type<unknown>>();

/** The model `{ items, page }` for items of a class: `ProductionConfigProductPage` for `Product`. */
export function pageModelOf(item: Type<unknown>): Type<unknown> {
  let model = models.get(item);
  if (model === undefined) models.set(item, (model = makePageModel(item)));
  return model;
}

function makePageModel(item: Type<unknown>): Type<unknown> {
  const path = getSchemaPath(item);

  @ApiSchema({ name: componentName(`${path.slice(path.lastIndexOf('/') + 1)}Page`) })
  class PageModel {
    @ApiProperty({ type: [item] })
    readonly items!: readonly unknown[];

    @ApiProperty({ type: PageInfoModel })
    readonly page!: PageInfoModel;
  }
  return PageModel;
}
