import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { desc, sql } from 'drizzle-orm';
import { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { orders } from './orders.table.js';

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  constructor(private readonly db: NodePgDatabase) {}

  @Get()
  async list(@Paginate({ sort: ['created_at:desc', 'id:desc'] }) page: PageRequest<[string, number]>) {
    const [at, id] = page.after ?? ['infinity', 0];
    const rows = await this.db
      .select()
      .from(orders)
      .where(sql`(${orders.createdAt}, ${orders.id}) < (${at}, ${id})`)
      .orderBy(desc(orders.createdAt), desc(orders.id))
      .limit(page.take)
      .offset(page.offset);
    return Page.of(rows, page, (row) => [row.createdAt, row.id]);
  }
}
