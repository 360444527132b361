import { Body, Controller, Get, HttpCode, Post, UseInterceptors } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBody,
  ApiOkResponse,
  ApiProperty,
  ApiQuery,
  ApiSchema,
} from '@nestjs/swagger';
import { describe, expect, it } from 'vitest';
import {
  Page,
  PageSize,
  Paginate,
  PaginationInterceptor,
  Unpaginated,
  type PageRequest,
  type PaginationOptions,
} from 'nestjs-production-config';
import { ApiPage } from 'nestjs-production-config/swagger';
import { DIALECTS } from './support/dialects.js';
import { ADAPTERS, startApp } from './support/http-app.js';
import { danglingRefs, differences, openApi, operationOf, parameterOf } from './support/openapi.js';

class Product {
  @ApiProperty({ type: 'integer' })
  readonly id!: number;

  @ApiProperty()
  readonly name!: string;
}

@ApiSchema({ name: 'Order' })
class OrderDto {
  @ApiProperty({ type: [Product] })
  readonly products!: readonly Product[];
}

class Failure {
  @ApiProperty()
  readonly why!: string;
}

const ROWS: readonly Product[] = Array.from({ length: 25 }, (_, id) => ({ id, name: `no ${id}` }));

function select({ after: [last] = [-1], take, offset }: PageRequest<[number]>): Product[] {
  return ROWS.filter(({ id }) => id > last).slice(offset, offset + take);
}

@Controller('products')
@UseInterceptors(PaginationInterceptor)
class ProductsController {
  @Get('sorted')
  @ApiPage(Product)
  sorted(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return Page.of(select(page), page, ({ id }) => [id]);
  }

  @Get('counted')
  @ApiPage(Product)
  counted(@Paginate() page: PageRequest) {
    return Page.of(select(page), page, { total: ROWS.length });
  }

  @Get('bare')
  @ApiPage([Product])
  bare(@Paginate() page: PageRequest) {
    return select(page);
  }

  @Get('untaken')
  @ApiPage([Product])
  untaken() {
    return ROWS;
  }

  @Get('names')
  @ApiPage([String])
  names(@Paginate() page: PageRequest) {
    return select(page).map(({ name }) => name);
  }

  @Get('named')
  @ApiPage(String)
  named(@Paginate() page: PageRequest) {
    return Page.of(select(page), page).map(({ name }) => name);
  }

  @Get('orders')
  @ApiPage(OrderDto)
  orders(@Paginate() page: PageRequest) {
    return Page.of(select(page), page).map((product) => ({ products: [product] }));
  }
}

@Controller('described')
class DescribedController {
  @Get('above')
  @ApiOkResponse({ description: 'By name' })
  @ApiBadRequestResponse({ type: Failure })
  @ApiPage(Product)
  above() {}

  @Get('below')
  @ApiPage(Product)
  @ApiOkResponse({ description: 'By name', type: Page })
  below() {}
}

/** The documented response schema of each route, and whether its first page has a Link. */
const ROUTES = [
  { route: 'sorted', schema: { $ref: '#/components/schemas/ProductionConfigProductPage' }, links: true },
  { route: 'counted', schema: { $ref: '#/components/schemas/ProductionConfigProductPage' }, links: true },
  { route: 'bare', schema: { type: 'array', items: { $ref: '#/components/schemas/Product' } }, links: true },
  {
    route: 'untaken',
    schema: { type: 'array', items: { $ref: '#/components/schemas/Product' } },
    links: false,
  },
  { route: 'names', schema: { type: 'array', items: { type: 'string' } }, links: true },
  { route: 'named', schema: { $ref: '#/components/schemas/ProductionConfigStringPage' }, links: true },
  { route: 'orders', schema: { $ref: '#/components/schemas/ProductionConfigOrderPage' }, links: true },
] as const;

describe.each(ADAPTERS)('on %s', (adapter) => {
  it.each(ROUTES)('the responses of /$route match their documentation', async ({ route, schema, links }) => {
    const { app, url } = await startApp(adapter, [ProductsController]);
    const document = openApi(app);
    const { responses } = operationOf(document, `/products/${route}`);
    expect(responses['200']?.content['application/json'].schema).toEqual(schema);
    expect(Object.keys(responses['200']?.headers ?? {})).toEqual(links ? ['Link'] : []);
    for (const query of ['limit=10', 'limit=100', 'limit=10&offset=100']) {
      const response = await fetch(`${url}/products/${route}?${query}`);
      expect(response.status).toBe(200);
      expect(differences(document, schema, await response.json())).toEqual([]);
      expect(response.headers.has('link')).toBe(links && query === 'limit=10');
    }
  });

  it('the 400 responses match their documentation', async () => {
    const { app, url } = await startApp(adapter, [ProductsController]);
    const document = openApi(app);
    const { schema } = operationOf(document, '/products/sorted').responses['400']!.content[
      'application/json'
    ];
    expect(schema).toEqual({ $ref: '#/components/schemas/ProductionConfigPageRequestError' });
    for (const query of ['limit=0', 'offset=x', 'after=x', `after=x&offset=1`]) {
      const response = await fetch(`${url}/products/sorted?${query}`);
      expect(response.status).toBe(400);
      expect(differences(document, schema, await response.json())).toEqual([]);
    }
  });

  it('the documented parameters are the ones that the route reads', async () => {
    const { app, url } = await startApp(adapter, [ProductsController]);
    const document = openApi(app);
    const names = (route: string) =>
      operationOf(document, `/products/${route}`).parameters.map((parameter) => {
        expect(parameter).toMatchObject({ in: 'query', required: false });
        return parameter.name;
      });
    expect(names('sorted')).toEqual(['limit', 'after', 'offset']);
    for (const route of ['counted', 'bare', 'untaken']) expect(names(route)).toEqual(['limit', 'offset']);
    // Clients send documented defaults automatically, and an offset is refused in combination with `after`.
    const offset = parameterOf(operationOf(document, '/products/sorted'), 'offset');
    expect(offset?.schema).not.toHaveProperty('default');
    const { page } = (await (await fetch(`${url}/products/sorted?limit=20`)).json()) as Page<Product>;
    const second = await fetch(`${url}/products/sorted?limit=20&after=${page.next}`);
    expect(((await second.json()) as Page<Product>).items).toHaveLength(5);
  });
});

it.each(['3.1.0', '3.0.0'] as const)('the document is valid OpenAPI %s', async (version) => {
  const { app } = await startApp('express', [ProductsController, DescribedController]);
  const document = openApi(app, version);
  expect(danglingRefs(document)).toEqual([]);
  expect(document.components?.schemas).toMatchObject({
    ProductionConfigProductPage: {
      required: ['items', 'page'],
      properties: {
        items: { type: 'array', items: { $ref: '#/components/schemas/Product' } },
        page: { $ref: '#/components/schemas/ProductionConfigPageInfo' },
      },
    },
    ProductionConfigPageInfo: {
      required: ['limit', 'hasMore', 'next'],
      properties: {
        next: version === '3.0.0' ? { type: 'string', nullable: true } : { type: ['string', 'null'] },
      },
    },
  });
  const responses = Object.values(document.paths).flatMap(({ get }) => Object.values(get!.responses));
  for (const response of responses) {
    expect(['description', 'headers', 'content']).toEqual(expect.arrayContaining(Object.keys(response!)));
  }
});

@Controller('sizes')
@PageSize(10)
class SizesController {
  @Get('above')
  @PageSize(20, { max: 60 })
  @ApiPage([Product])
  above() {}

  @Get('below')
  @ApiPage([Product])
  @PageSize(20, { max: 60 })
  below() {}

  @Get('controller')
  @ApiPage([Product])
  controller() {}

  @Get('open')
  @ApiPage([Product])
  @Unpaginated()
  open() {}
}

it('the sizes of @PageSize() are documented in any decorator order', async () => {
  const { app } = await startApp('express', [SizesController]);
  const limitOf = (route: string) =>
    parameterOf(operationOf(openApi(app), `/sizes/${route}`), 'limit')?.schema;
  const own = { type: 'integer', minimum: 1, default: 20, maximum: 60 };
  expect(limitOf('above')).toEqual(own);
  expect(limitOf('below')).toEqual(own);
  expect(limitOf('controller')).toEqual({ type: 'integer', minimum: 1, default: 10, maximum: 10 });
  expect(limitOf('open')).toEqual({ type: 'integer', minimum: 1 });
});

@Controller('spoken')
@UseInterceptors(PaginationInterceptor)
class SpokenController {
  @Get()
  @ApiPage(Product)
  list(@Paginate() page: PageRequest) {
    return Page.of(ROWS.slice(page.offset, page.offset + page.take), page, { total: ROWS.length });
  }

  @Get('untaken')
  @ApiPage([Product])
  untaken() {
    return ROWS;
  }
}

describe('the documentation of what clients speak', () => {
  const documented = async (pagination: PaginationOptions) => {
    const { app, url } = await startApp('express', [SpokenController], { pagination });
    const document = openApi(app);
    const { headers } = await fetch(`${url}/spoken`);
    return { operation: operationOf(document, '/spoken'), document, headers };
  };

  it('names X-Total-Count where it is sent', async () => {
    const spans = await documented({ params: { start: '_start', end: '_end' } });
    expect(spans.headers.get('x-total-count')).toBe('25');
    expect(Object.keys(spans.operation.responses['200']?.headers ?? {})).toEqual(['Link', 'X-Total-Count']);
    expect(operationOf(spans.document, '/spoken/untaken').responses['200']).not.toHaveProperty(
      'headers.X-Total-Count',
    );
    const pages = await documented({ params: { page: 'page', limit: 'size' } });
    expect(pages.headers.has('x-total-count')).toBe(false);
    expect(Object.keys(pages.operation.responses['200']?.headers ?? {})).toEqual(['Link']);
  });

  it('says whether a page size that is too large is reduced or refused', async () => {
    const pages = await documented({ params: { page: 'page', limit: 'size' } });
    expect(parameterOf(pages.operation, 'size')?.description).toContain('refused');
    const offsets = await documented({ params: { offset: 'skip', limit: 'size' } });
    expect(parameterOf(offsets.operation, 'size')?.description).toContain('reduced');
  });

  it('allows every body if the envelope has no schema', async () => {
    const { operation } = await documented({ envelope: ({ items }) => items });
    expect(operation.responses['200']?.content['application/json'].schema).toEqual({});
  });
});

@Controller('inherited')
class InheritingController extends ProductsController {}

it('an inherited route has the documentation of its declaration', async () => {
  const { app } = await startApp('express', [ProductsController, InheritingController]);
  const document = openApi(app);
  const { parameters, responses } = operationOf(document, '/inherited/sorted');
  expect({ parameters, responses }).toEqual({
    parameters: operationOf(document, '/products/sorted').parameters,
    responses: operationOf(document, '/products/sorted').responses,
  });
});

it('other response decorators are preserved above and below @ApiPage()', async () => {
  const { app } = await startApp('express', [DescribedController]);
  const document = openApi(app);
  for (const route of ['above', 'below']) {
    const { responses } = operationOf(document, `/described/${route}`);
    expect(responses['200']?.description).toContain('By name');
    expect(responses['200']?.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/ProductionConfigProductPage',
    });
  }
  expect(operationOf(document, '/described/above').responses['400']?.content).toEqual({
    'application/json': { schema: { $ref: '#/components/schemas/Failure' } },
  });
});

describe('components of the application', () => {
  @ApiSchema({ name: 'PageInfo' })
  class OwnPageInfo {
    @ApiProperty()
    readonly pages!: number;
  }

  @ApiSchema({ name: 'ProductPage' })
  class OwnProductPage {
    @ApiProperty()
    readonly page!: OwnPageInfo;
  }

  @ApiSchema({ name: 'PageRequestError' })
  class OwnPageRequestError {
    @ApiProperty()
    readonly reason!: string;
  }

  @Controller('own')
  class OwnController {
    @Get()
    @ApiOkResponse({ type: OwnProductPage })
    @ApiBadRequestResponse({ type: OwnPageRequestError })
    own() {
      return { page: { pages: 1 } };
    }
  }

  it('keep their names next to the components of pages', async () => {
    const { app } = await startApp('express', [ProductsController, OwnController]);
    const { components } = openApi(app);
    expect(components?.schemas).toMatchObject({
      PageInfo: { properties: { pages: {} } },
      ProductPage: { properties: { page: {} } },
      PageRequestError: { properties: { reason: {} } },
      ProductionConfigPageInfo: { properties: { hasMore: {} } },
      ProductionConfigProductPage: { properties: { items: {} } },
      ProductionConfigPageRequestError: { properties: { parameter: {} } },
    });
  });
});

describe('the parameters', () => {
  @Controller('named')
  class NamedController {
    @Get('plain')
    @ApiQuery({ name: 'above', required: false })
    @ApiPage(Product)
    @ApiQuery({ name: 'below', required: false })
    plain(@Paginate() page: PageRequest) {
      return Page.of(select(page), page);
    }

    @Get('sorted')
    @ApiPage(Product)
    sorted(@Paginate({ sort: { byId: ['id'], newest: ['id:desc'] } }) page: PageRequest<[number], string>) {
      return Page.of(select(page as never), page, ({ id }) => [id]);
    }
  }

  const namesOf = (document: ReturnType<typeof openApi>, path: string) =>
    operationOf(document, path).parameters.map(({ name }) => name);

  it.each(DIALECTS)(
    'are those of forRoot(), by $name, however often the application starts',
    async (dialect) => {
      const { params, names } = dialect;
      await startApp('express', [NamedController]);
      await startApp('express', [NamedController], { pagination: { params } });
      const { app } = await startApp('express', [NamedController], { pagination: { params } });
      const document = openApi(app);
      const cursors = new Set<unknown>([params.after, params.before, params.last]);
      const plain = names.filter((name) => !cursors.has(name));
      expect(namesOf(document, '/named/plain').toSorted()).toEqual(['above', 'below', ...plain].toSorted());
      expect(namesOf(document, '/named/sorted').toSorted()).toEqual([...names, 'sort'].toSorted());
      const { headers } = operationOf(document, '/named/plain').responses['200']!;
      const sendsTotal = params.start !== undefined || params.range !== undefined;
      expect(Object.keys(headers!)).toEqual(sendsTotal ? ['Link', 'X-Total-Count'] : ['Link']);
    },
  );

  it.each(DIALECTS)('are those of @Paginate(), by $name', async ({ params, names }) => {
    @Controller('own')
    class OwnController {
      @Get()
      @ApiPage(Product)
      list(@Paginate({ params, sort: ['id'] }) page: PageRequest<[number]>) {
        return Page.of(select(page), page, ({ id }) => [id]);
      }
    }
    const { app } = await startApp('express', [OwnController], { pagination: { params: { range: 'r' } } });
    expect(namesOf(openApi(app), '/own').toSorted()).toEqual(names.toSorted());
  });

  it('say whether a larger page is reduced or refused', async () => {
    const described = async (params: object, name: string) => {
      const { app } = await startApp('express', [NamedController], { pagination: { params } });
      return JSON.stringify(parameterOf(operationOf(openApi(app), '/named/plain'), name));
    };
    expect(await described({ limit: 'size', page: 'page' }, 'size')).toContain('refused');
    expect(await described({ limit: 'limit', offset: 'offset' }, 'limit')).toContain('reduced');
  });

  it('name the orders of which clients choose', async () => {
    const { app } = await startApp('express', [NamedController]);
    const sort = parameterOf(operationOf(openApi(app), '/named/sorted'), 'sort');
    expect(sort?.schema).toEqual({ type: 'string', enum: ['byId', 'newest'] });
  });
});

describe('the schema of an envelope', () => {
  @Controller('wrapped')
  class WrappedController {
    @Get()
    @ApiPage(Product)
    list(@Paginate() page: PageRequest) {
      return Page.of(select(page), page);
    }

    @Get('bare')
    @ApiPage([Product])
    bare(@Paginate() page: PageRequest) {
      return select(page);
    }
  }
  const wrap = ({ items }: { items: unknown }) => ({ data: items });
  const schema = (data: object) => ({ type: 'object', required: ['data'], properties: { data } });
  const list = { type: 'array', items: { $ref: '#/components/schemas/Product' } };
  const schemaAt = (document: ReturnType<typeof openApi>, path: string) =>
    operationOf(document, path).responses['200']!.content['application/json'].schema;

  it('replaces the component of the page', async () => {
    const { app } = await startApp('express', [WrappedController], {
      pagination: { envelope: { wrap, schema } },
    });
    const document = openApi(app);
    expect(schemaAt(document, '/wrapped')).toEqual(schema(list));
    expect(schemaAt(document, '/wrapped/bare')).toEqual(list);
    expect(danglingRefs(document)).toEqual([]);
    expect(Object.keys(document.components!.schemas!).toSorted()).toEqual([
      'Product',
      'ProductionConfigPageRequestError',
    ]);
  });

  it('allows everything if it is not declared, and is the page again in an application without envelope', async () => {
    const wrapped = await startApp('express', [WrappedController], { pagination: { envelope: wrap } });
    expect(schemaAt(openApi(wrapped.app), '/wrapped')).toEqual({});
    const { app } = await startApp('express', [WrappedController]);
    const document = openApi(app);
    expect(schemaAt(document, '/wrapped')).toEqual({
      $ref: '#/components/schemas/ProductionConfigProductPage',
    });
    expect(danglingRefs(document)).toEqual([]);
  });
});

describe('the request body of a search', () => {
  class Search {
    @ApiProperty()
    readonly name!: string;
  }

  const params = { limit: 'page[size]', page: 'page[number]' };

  @Controller('search')
  class SearchController {
    @Post('filtered')
    @ApiPage(Product)
    @PageSize(20)
    filtered(@Paginate({ from: 'body', params }) page: PageRequest, @Body() _search: Search) {
      return Page.of(select(page), page);
    }

    @Post('plain')
    @HttpCode(200)
    @ApiPage(Product)
    plain(@Paginate({ from: 'body' }) page: PageRequest) {
      return Page.of(select(page), page);
    }

    @Post('named')
    @ApiPage(Product)
    named(@Paginate({ from: 'body' }) page: PageRequest, @Body('name') _name: string) {
      return Page.of(select(page), page);
    }

    @Post('own')
    @ApiBody({ description: 'What to search for', type: Failure })
    @ApiPage(Product)
    own(@Paginate({ from: 'body' }) page: PageRequest, @Body() _search: Search) {
      return Page.of(select(page), page);
    }
  }

  const bodyOf = async (route: string) => {
    const { app } = await startApp('express', [SearchController]);
    const document = openApi(app);
    expect(danglingRefs(document)).toEqual([]);
    const { parameters, requestBody, responses } = operationOf(document, `/search/${route}`, 'post');
    expect(parameters).toEqual([]);
    const { required, content } = requestBody!;
    return { required, schema: content['application/json'].schema, statuses: Object.keys(responses) };
  };

  it('is the class of @Body() with the page parameters', async () => {
    const { required, schema, statuses } = await bodyOf('filtered');
    const size = { type: 'integer', minimum: 1, default: 20, maximum: 20 };
    expect(required).toBe(true);
    expect(schema).toMatchObject({
      allOf: [
        { $ref: '#/components/schemas/Search' },
        {
          type: 'object',
          properties: { page: { type: 'object', properties: { size, number: { minimum: 1 } } } },
        },
      ],
    });
    expect(statuses).toEqual(['201', '400']);
  });

  it.each(['plain', 'named'])(
    'is an object of the page parameters without such a class (%s)',
    async (route) => {
      const { required, schema, statuses } = await bodyOf(route);
      expect(required).toBe(false);
      expect(schema).toMatchObject({
        type: 'object',
        properties: { limit: { type: 'integer' }, offset: { type: 'integer' } },
      });
      expect(statuses).toEqual([route === 'plain' ? '200' : '201', '400']);
    },
  );

  it('is the one of @ApiBody() if there is one', async () => {
    expect((await bodyOf('own')).schema).toEqual({ $ref: '#/components/schemas/Failure' });
  });
});
