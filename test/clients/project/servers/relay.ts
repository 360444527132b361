import { Inject } from '@nestjs/common';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { KeyRing, Page, resolvePage } from 'nestjs-production-config';
import { ConnectionArgs, OrderConnection } from '../graphql.js';
import { orders } from '../orders.js';

const LIMITS = {
  pageSize: 20,
  maxPageSize: 100,
  params: { limit: 'first', after: 'after', last: 'last', before: 'before' },
};

@Resolver()
export class OrdersResolver {
  constructor(@Inject(KeyRing) private readonly keys: KeyRing) {}

  @Query(() => OrderConnection)
  async orders(@Args() args: ConnectionArgs): Promise<OrderConnection> {
    const list = { keys: this.keys, list: 'orders', sort: ['id'] };
    const page = resolvePage<[number]>(args, LIMITS, list);
    const result = Page.of(await orders.near(page), page, ({ id }) => [id]);
    const { startCursor, endCursor, page: info } = result;
    const [hasNextPage, hasPreviousPage] = [info.hasMore, info.previous !== null];
    return { edges: result.edges(), pageInfo: { startCursor, endCursor, hasNextPage, hasPreviousPage } };
  }
}
