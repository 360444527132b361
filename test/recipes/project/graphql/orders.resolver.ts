import { Inject, Logger, NotFoundException, UseInterceptors } from '@nestjs/common';
import { Args, Int, Query, Resolver, Subscription } from '@nestjs/graphql';
import { GraphQLError } from 'graphql';
import {
  HttpCacheInterceptor,
  LoadingCache,
  PaginationInterceptor,
  resolvePage,
} from 'nestjs-production-config';
import { setTimeout as delay } from 'node:timers/promises';
import { AppConfig } from './app.config.js';

const PASSWORD = 'a-password-in-an-error';

@Resolver()
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
export class OrdersResolver {
  private readonly logger = new Logger('Orders');
  private runs = 0;

  constructor(
    @Inject(LoadingCache) private readonly cache: LoadingCache,
    @Inject(AppConfig) private readonly config: AppConfig,
  ) {}

  @Query(() => Int)
  runsOfResolver(): number {
    return ++this.runs;
  }

  @Query(() => Int)
  runsOfLoad(): Promise<number> {
    return this.cache.get('runs', async () => ++this.runs);
  }

  @Query(() => [Int])
  all(): number[] {
    return Array.from({ length: 500 }, (_, id) => id);
  }

  @Query(() => [Int])
  orders(@Args('first', { type: () => Int }) first: number): number[] {
    const { PAGE_SIZE: pageSize, MAX_PAGE_SIZE: maxPageSize } = this.config;
    return this.all().slice(0, resolvePage({ first }, { pageSize, maxPageSize }).limit);
  }

  @Query(() => Int)
  async slow(): Promise<number> {
    this.logger.log('begins');
    await delay(1000);
    return 1;
  }

  @Query(() => Int)
  broken(): never {
    throw new Error(`cannot connect with ${PASSWORD}`);
  }

  @Query(() => Int)
  mistyped(): string {
    return PASSWORD;
  }

  @Query(() => Int)
  missing(): never {
    throw new NotFoundException('no such order');
  }

  @Query(() => Int)
  limited(): never {
    throw new GraphQLError('too many orders', { extensions: { code: 'LIMITED' } });
  }

  @Subscription(() => Int, { resolve: (value: number) => value })
  async *ticks(): AsyncGenerator<number> {
    try {
      for (let tick = 0; ; tick++) {
        yield tick;
        await delay(50);
      }
    } finally {
      this.logger.log('the generator has ended');
    }
  }

  @Subscription(() => Int, { resolve: (value: number) => value })
  async *brokenTicks(): AsyncGenerator<number> {
    yield 1;
    throw new Error(`cannot listen with ${PASSWORD}`);
  }
}
