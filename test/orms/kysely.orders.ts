import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { Kysely, sql } from 'kysely';
import type { Database } from './orders.database.js';

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  constructor(private readonly db: Kysely<Database>) {}

  @Get()
  async list(@Paginate({ sort: ['created_at:desc', 'id:desc'] }) page: PageRequest<[string, string]>) {
    const [at, id] = page.after ?? ['infinity', '0'];
    const rows = await this.db
      .selectFrom('orders')
      .select(['id', 'total', 'created_at', sql<string>`created_at::text`.as('exact')])
      .where(sql<boolean>`(created_at, id) < (${at}, ${id})`)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(page.take)
      .offset(page.offset)
      .execute();
    return Page.of(rows, page, (row) => [row.exact, row.id]).map(({ exact, ...order }) => order);
  }
}
