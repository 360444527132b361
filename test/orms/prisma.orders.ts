import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { PrismaService } from './prisma.service.js';

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  constructor(private readonly prisma: PrismaService) {}

  @Get()
  async list(@Paginate({ sort: ['created_at:desc', 'id:desc'] }) page: PageRequest<[string, string]>) {
    const [at, id] = page.after ?? ['infinity', '0'];
    const rows = await this.prisma.$queryRaw<
      { id: string; total: number; created_at: Date; exact: string }[]
    >`
      SELECT id::text, total, created_at, created_at::text AS exact
        FROM orders
       WHERE (created_at, id) < (${at}::text::timestamptz, ${id}::text::bigint)
       ORDER BY created_at DESC, orders.id DESC
       LIMIT ${page.take} OFFSET ${page.offset}`;
    return Page.of(rows, page, (row) => [row.exact, row.id]).map(({ exact, ...order }) => order);
  }
}
