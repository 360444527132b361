import { HttpStatus, RequestMethod, type Type } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { ApiBadRequestResponse, ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { type DocumentedPage, onDocumentedPage, pagingOf, ParameterNames } from '../pagination/index.js';
import { bodyClassOf, type PageBody, pageBody } from './page.body.js';
import { pageModelOf, PageRequestErrorModel } from './page.models.js';
import { type PageParameter, pageParameters, sizesOf } from './page.parameters.js';

/** The type of an item: a class with `@ApiProperty()` fields, or String, Number or Boolean. */
export type ApiItem = Type<unknown>;

type Schema = object;

// DECORATORS, which @nestjs/swagger exports from 11.4.4 on.
const API_PARAMETERS = 'swagger/apiParameters';
const API_EXTRA_MODELS = 'swagger/apiExtraModels';
const API_RESPONSE = 'swagger/apiResponse';

const PRIMITIVES: ReadonlySet<ApiItem> = new Set<ApiItem>([String, Number, Boolean]);

const LINK = {
  description: 'The next page (RFC 8288, `rel="next"`), and the previous one if it is known',
  schema: { type: 'string' },
};

const TOTAL = {
  description: 'The number of items in the list, if they are counted',
  schema: { type: 'integer', minimum: 0 },
};

/**
 * Documents a route that returns pages: its parameters by the names of `params`, with `@Paginate({ sort })` the cursors
 * and the orders, with `from: 'body'` as the request body beside the class of `@Body()`; the response of `Page.of()` or
 * the schema of the envelope; the headers; status 400. `default` and `maximum` of the page size come from `@PageSize`.
 * Pass `[Item]` for a route that returns a bare array. An `@ApiBody()` of your own replaces the request body.
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
    const isSearch = paging?.from === 'body';
    const search = isSearch ? bodyClassOf(target, key) : undefined;
    const document = new PageDocument(item, handler, search, paging !== undefined, (names) => {
      const parameters = pageParameters(names, paging, () => sizesOf(target, key));
      return isSearch ? [pageBody(parameters, search)] : parameters;
    });
    if (paging?.from === 'query') document.headers['Link'] = LINK;
    // An accessor of its own: other decorators copy what is around it.
    const content = {
      get schema() {
        return document.schema;
      },
    };
    const decorators: MethodDecorator[] = [
      ApiOkResponse({
        description: 'A page of the list',
        headers: document.headers,
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
    onDocumentedPage(handler, (page) => {
      document.complete(page);
      document.moveResponse();
    });
  };
}

/**
 * The part of the documentation that depends on the application. It is replaced in the metadata of the handler, because
 * the application starts after the decorators of the handler have run.
 */
class PageDocument {
  readonly headers: Record<string, typeof LINK | typeof TOTAL> = {};
  private parameters: readonly (PageParameter | PageBody)[] = [];
  private models: readonly ApiItem[] = [];
  private envelope: DocumentedPage['envelope'];

  constructor(
    private readonly item: ApiItem | readonly [ApiItem],
    private readonly handler: Function,
    private readonly search: ApiItem | undefined,
    private readonly isPaged: boolean,
    private readonly parametersOf: (names: ParameterNames) => readonly (PageParameter | PageBody)[],
  ) {}

  /** The schema of the response. */
  get schema(): Schema {
    const { item, envelope } = this;
    if (isBare(item)) return listOf(item[0]);
    if (envelope === undefined) return refTo(pageModelOf(item));
    return envelope.schema?.(listOf(item)) ?? {};
  }

  complete({ names, envelope }: DocumentedPage): void {
    this.envelope = envelope;
    const models = [this.model, this.search].filter((model) => model !== undefined && !PRIMITIVES.has(model));
    this.parameters = this.replace(API_PARAMETERS, this.parameters, this.parametersOf(names));
    this.models = this.replace(API_EXTRA_MODELS, this.models, models as readonly ApiItem[]);
    if (this.isPaged && names.counting.sendsTotal && !isBare(this.item))
      this.headers['X-Total-Count'] = TOTAL;
    else delete this.headers['X-Total-Count'];
  }

  /** The status is known when all decorators of the handler have run: 201 for POST without `@HttpCode()`. */
  moveResponse(): void {
    const { handler } = this;
    const isPost = Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.POST;
    const status = (Reflect.getMetadata(HTTP_CODE_METADATA, handler) ?? (isPost ? 201 : 200)) as number;
    const responses = Reflect.getMetadata(API_RESPONSE, handler) as Record<string, { description: string }>;
    const { [HttpStatus.OK]: page, ...others } = responses;
    if (status === 200 || page === undefined) return;
    const description = others[status]?.description || page.description;
    const moved = { ...others[status], ...page, description };
    Reflect.defineMetadata(API_RESPONSE, { ...others, [status]: moved }, handler);
  }

  /** The component that the schema of the response refers to. */
  private get model(): ApiItem | undefined {
    const { item, envelope } = this;
    if (isBare(item)) return item[0];
    if (envelope === undefined) return pageModelOf(item);
    return envelope.schema && item;
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
