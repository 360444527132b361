import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { Pool } from 'pg';

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  constructor(private readonly pool: Pool) {}

  @Get()
  async list(@Paginate({ sort: ['created_at:desc', 'id:desc'] }) page: PageRequest<[string, string]>) {
    const [at, id] = page.after ?? ['infinity', '0'];
    const { rows } = await this.pool.query(
      `SELECT id, total, created_at, created_at::text AS exact
         FROM orders
        WHERE (created_at, id) < ($1, $2)
        ORDER BY created_at DESC, id DESC
        LIMIT $3 OFFSET $4`,
      [at, id, page.take, page.offset],
    );
    return Page.of(rows, page, (row) => [row.exact, row.id]).map(({ exact, ...order }) => order);
  }
}
