import { Controller, Get, Query, UseInterceptors } from '@nestjs/common';
import {
  Page,
  Paginate,
  PaginationInterceptor,
  type PageRequest,
  type PaginationOptions,
} from 'nestjs-production-config';
import { ApiPage } from 'nestjs-production-config/swagger';
import { Order, orders } from '../orders.js';

export const pagination: PaginationOptions = {
  params: { start: '_start', end: '_end' },
  envelope: { wrap: ({ items }) => items, schema: (items) => items },
};

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  @Get()
  @ApiPage(Order)
  async list(@Paginate() page: PageRequest, @Query('_sort') by = 'id', @Query('_order') order = 'ASC') {
    const query = { skip: page.offset, take: page.take, order: { [by]: order } };
    const [rows, total] = await orders.findAndCount(query);
    return Page.of(rows, page, { total });
  }
}
