import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { Pool } from 'pg';

@Controller('orders/by-customer')
@UseInterceptors(PaginationInterceptor)
export class OrdersByCustomerController {
  constructor(private readonly pool: Pool) {}

  @Get()
  async list(@Paginate({ sort: ['customer_id', 'id:desc'] }) page: PageRequest<[number, string]>) {
    const [customer, id] = page.after ?? [-1, '0'];
    const { rows } = await this.pool.query(
      `SELECT id, customer_id, total
         FROM orders
        WHERE customer_id >= $1 AND (customer_id > $1 OR id < $2)
        ORDER BY customer_id, id DESC
        LIMIT $3 OFFSET $4`,
      [customer, id, page.take, page.offset],
    );
    return Page.of(rows, page, (row) => [row.customer_id, row.id]);
  }
}
