import type { Type } from '@nestjs/common';
import { ApiBadRequestResponse, ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { type DocumentedPage, onDocumentedPage, pagingOf, ParameterNames } from '../pagination/index.js';
import { pageModelOf, PageRequestErrorModel } from './page.models.js';
import { type PageParameter, pageParameters, sizesOf } from './page.parameters.js';

/** The type of an item: a class with `@ApiProperty()` fields, or String, Number or Boolean. */
export type ApiItem = Type<unknown>;

type Schema = object;

// DECORATORS, which @nestjs/swagger exports from 11.4.4 on.
const API_PARAMETERS = 'swagger/apiParameters';
const API_EXTRA_MODELS = 'swagger/apiExtraModels';

const PRIMITIVES: ReadonlySet<ApiItem> = new Set<ApiItem>([String, Number, Boolean]);

const LINK = {
  description: 'The next page (RFC 8288, `rel="next"`), if there is one',
  schema: { type: 'string' },
};

/**
 * Documents a route that returns pages: its parameters by the names of `params`, with `@Paginate({ sort })` the cursors
 * and the orders; the response of `Page.of()` or the schema of the envelope; the Link header; status 400. `default` and
 * `maximum` of the page size come from `@PageSize`. Pass `[Item]` for a route that returns a bare array.
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
  return (target, key, descriptor) => {
    const handler = descriptor.value as unknown as Function;
    const paging = pagingOf(target, key);
    const document = new PageDocument(item, handler, (names) =>
      paging?.from === 'body' ? [] : pageParameters(names, paging, () => sizesOf(target, key)),
    );
    const hasLink = paging?.from === 'query';
    // An accessor of its own: other decorators copy what is around it.
    const content = {
      get schema() {
        return document.schema;
      },
    };
    const decorators: MethodDecorator[] = [
      ApiOkResponse({
        description: 'A page of the list',
        ...(hasLink ? { headers: { Link: LINK } } : {}),
        content: { 'application/json': content },
      }),
      ApiBadRequestResponse({
        description: 'A page parameter is invalid',
        content: { 'application/json': { schema: refTo(PageRequestErrorModel) } },
      }),
      ApiExtraModels(PageRequestErrorModel),
    ];
    for (const decorate of decorators) decorate(target, key, descriptor);
    document.complete({ names: paging?.names ?? ParameterNames.DEFAULT, envelope: undefined });
    onDocumentedPage(handler, (page) => document.complete(page));
  };
}

/**
 * The part of the documentation that depends on the application. It is replaced in the metadata of the handler, because
 * the application starts after the decorators of the handler have run.
 */
class PageDocument {
  private parameters: readonly PageParameter[] = [];
  private models: readonly ApiItem[] = [];
  private envelope: DocumentedPage['envelope'];

  constructor(
    private readonly item: ApiItem | readonly [ApiItem],
    private readonly handler: Function,
    private readonly parametersOf: (names: ParameterNames) => readonly PageParameter[],
  ) {}

  /** The schema of the response. */
  get schema(): Schema {
    const { item, envelope } = this;
    if (isBare(item)) return listOf(item[0]);
    if (envelope === undefined) return refTo(pageModelOf(item));
    return envelope.schema?.(listOf(item)) ?? { type: 'object' };
  }

  complete({ names, envelope }: DocumentedPage): void {
    this.envelope = envelope;
    const { item } = this;
    const model = isBare(item) ? item[0] : envelope === undefined ? pageModelOf(item) : item;
    this.parameters = this.replace(API_PARAMETERS, this.parameters, this.parametersOf(names));
    this.models = this.replace(API_EXTRA_MODELS, this.models, PRIMITIVES.has(model) ? [] : [model]);
  }

  /** Keeps what other decorators added. */
  private replace<Part>(metadata: string, old: readonly Part[], parts: readonly Part[]): readonly Part[] {
    const all = (Reflect.getMetadata(metadata, this.handler) ?? []) as readonly Part[];
    Reflect.defineMetadata(metadata, [...all.filter((part) => !old.includes(part)), ...parts], this.handler);
    return parts;
  }
}

const isBare = (item: ApiItem | readonly [ApiItem]): item is readonly [ApiItem] => Array.isArray(item);

function listOf(item: ApiItem): Schema {
  const items = PRIMITIVES.has(item) ? { type: item.name.toLowerCase() } : refTo(item);
  return { type: 'array', items };
}

const refTo = (model: ApiItem): { $ref: string } => ({ $ref: getSchemaPath(model) });
