import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { Page, PageSize, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import type { Order } from './order.entity.js';
import { OrdersService, type OrderKey } from './orders.service.js';

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  /** Newest first. `?after=` takes the cursor of a page; new orders do not move rows to another page. */
  @Get()
  @PageSize(20, { max: 100 })
  async list(
    @Paginate({ sort: ['created_at:desc', 'id:desc'] }) page: PageRequest<OrderKey>,
  ): Promise<Page<Order>> {
    return Page.of(await this.orders.newest(page), page, ({ createdAt, id }) => [createdAt, id]);
  }
}
