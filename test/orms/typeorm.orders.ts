import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { DataSource } from 'typeorm';
import { Order } from './order.entity.js';

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  constructor(private readonly source: DataSource) {}

  @Get()
  async list(@Paginate({ sort: ['created_at:desc', 'id:desc'] }) page: PageRequest<[string, string]>) {
    const [at, id] = page.after ?? ['infinity', '0'];
    const rows = await this.source
      .createQueryBuilder(Order, 'o')
      .where('(o.createdAt, o.id) < (:at, :id)', { at, id })
      .orderBy({ 'o.createdAt': 'DESC', 'o.id': 'DESC' })
      .take(page.take)
      .skip(page.offset)
      .getMany();
    return Page.of(rows, page, (row) => [row.exact, row.id]).map(({ exact, ...order }) => order);
  }
}
