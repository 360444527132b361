import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Inject } from '@nestjs/common';
import { Args, ArgsType, Field, GraphQLModule, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { expect, it, describe } from 'vitest';
import { KeyRing, Page, resolvePage } from 'nestjs-production-config';
import { startApp } from './support/http-app.js';
import { rowsBehind } from './support/sorted-rows.js';

@ObjectType()
class Order {
  @Field(() => Int)
  readonly id!: number;

  @Field(() => Int)
  readonly total!: number;
}

@ObjectType()
class OrderEdge {
  @Field()
  readonly cursor!: string;

  @Field(() => Order)
  readonly node!: Order;
}

@ObjectType('PageInfo')
class ConnectionInfo {
  @Field()
  readonly hasNextPage!: boolean;

  @Field()
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true })
  readonly startCursor!: string | null;

  @Field(() => String, { nullable: true })
  readonly endCursor!: string | null;
}

@ObjectType()
class OrderConnection {
  @Field(() => [OrderEdge])
  readonly edges!: OrderEdge[];

  @Field(() => ConnectionInfo)
  readonly pageInfo!: ConnectionInfo;
}

@ArgsType()
class ConnectionArgs {
  @Field(() => Int, { nullable: true })
  readonly first?: number;

  @Field(() => String, { nullable: true })
  readonly after?: string;

  @Field(() => Int, { nullable: true })
  readonly last?: number;

  @Field(() => String, { nullable: true })
  readonly before?: string;
}

/** Rows of which five each have the same total. */
const ORDERS: readonly Order[] = Array.from({ length: 123 }, (_, id) => ({ id, total: Math.floor(id / 5) }));
const keyOf = ({ total, id }: Order): [number, number] => [total, id];

const PARAMS = { limit: 'first', after: 'after', last: 'last', before: 'before' };
const LIMITS = { pageSize: 20, maxPageSize: 50, params: PARAMS };

@Resolver(() => Order)
class OrdersResolver {
  constructor(@Inject(KeyRing) private readonly keys: KeyRing) {}

  @Query(() => OrderConnection)
  orders(@Args() args: ConnectionArgs): OrderConnection {
    const scope = { keys: this.keys, list: 'orders', sort: ['total', 'id'] };
    const page = resolvePage<[number, number]>(args, LIMITS, scope);
    const rows = Page.of(rowsBehind(ORDERS, page, keyOf), page, keyOf);
    const { startCursor, endCursor } = rows;
    const { hasMore: hasNextPage, previous } = rows.page;
    const pageInfo = { hasNextPage, hasPreviousPage: previous !== null, startCursor, endCursor };
    return { edges: rows.edges(), pageInfo };
  }
}

async function start() {
  const { url } = await startApp(
    'express',
    [],
    {},
    {
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true })],
      providers: [OrdersResolver],
    },
  );
  const ask = async (variables: ConnectionArgs) => {
    const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
      orders(first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { id total } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`;
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as { data: { orders: OrderConnection } | null; errors?: unknown[] };
  };
  const read = async (variables: ConnectionArgs) => {
    const { data, errors } = await ask(variables);
    expect(errors).toBeUndefined();
    return data!.orders;
  };
  return { ask, read };
}

const idsOf = ({ edges }: OrderConnection) => edges.map(({ node }) => node.id);
const ALL = ORDERS.map(({ id }) => id);

describe('a Relay connection from resolvePage() and Page.edges()', () => {
  it.each([7, 41, 200])('is read forward by pages of %i, each row once', async (first) => {
    const { read } = await start();
    const ids: number[] = [];
    let page = await read({ first });
    expect(page.pageInfo.hasPreviousPage).toBe(false);
    ids.push(...idsOf(page));
    while (page.pageInfo.hasNextPage) {
      page = await read({ first, after: page.pageInfo.endCursor! });
      expect(page.pageInfo.hasPreviousPage).toBe(true);
      ids.push(...idsOf(page));
    }
    expect(ids).toEqual(ALL);
  });

  it.each([7, 41, 200])('is read backward by pages of %i, each row once', async (last) => {
    const { read } = await start();
    const ids: number[] = [];
    let page = await read({ last });
    expect(page.pageInfo.hasNextPage).toBe(false);
    ids.unshift(...idsOf(page));
    while (page.pageInfo.hasPreviousPage) {
      page = await read({ last, before: page.pageInfo.startCursor! });
      expect(page.pageInfo.hasNextPage).toBe(true);
      ids.unshift(...idsOf(page));
    }
    expect(ids).toEqual(ALL);
  });

  it('continues from the cursor of any edge', async () => {
    const { read } = await start();
    const { edges, pageInfo } = await read({ first: 10 });
    expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0]!.cursor, edges[9]!.cursor]);
    expect(idsOf(await read({ first: 2, after: edges[4]!.cursor }))).toEqual([5, 6]);
    expect(idsOf(await read({ last: 2, before: edges[4]!.cursor }))).toEqual([2, 3]);
  });

  it('answers an invalid argument with its name and the code of the error', async () => {
    const { ask, read } = await start();
    const { endCursor } = (await read({ first: 1 })).pageInfo;
    for (const [variables, parameter] of [
      [{ first: 0 }, 'first'],
      [{ first: 5, last: 5 }, 'last'],
      [{ after: 'forged' }, 'after'],
      [{ after: endCursor!, before: endCursor! }, 'before'],
    ] as const) {
      const { data, errors } = await ask(variables);
      expect(data).toBeNull();
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining(parameter) as string,
          extensions: { originalError: { code: 'ERR_PAGE_REQUEST', parameter, statusCode: 400 } },
        },
      ]);
    }
  });
});
