import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { Pool } from 'pg';

@Controller('orders/shipped')
@UseInterceptors(PaginationInterceptor)
export class ShippedOrdersController {
  constructor(private readonly pool: Pool) {}

  @Get()
  async list(@Paginate({ sort: ['shipped_at:desc', 'id:desc'] }) page: PageRequest<[string, string]>) {
    const [at, id] = page.after ?? ['infinity', '0'];
    const { rows } = await this.pool.query(
      `SELECT id, shipped_at, coalesce(shipped_at, '-infinity')::text AS exact
         FROM orders
        WHERE (coalesce(shipped_at, '-infinity'), id) < ($1, $2)
        ORDER BY coalesce(shipped_at, '-infinity') DESC, id DESC
        LIMIT $3 OFFSET $4`,
      [at, id, page.take, page.offset],
    );
    return Page.of(rows, page, (row) => [row.exact, row.id]).map(({ exact, ...order }) => order);
  }
}
