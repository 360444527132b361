import { Controller, Get, UseInterceptors } from '@nestjs/common';
import {
  Page,
  Paginate,
  PaginationInterceptor,
  type PageRequest,
  type PaginationOptions,
} from 'nestjs-production-config';
import { ApiPage } from 'nestjs-production-config/swagger';
import { Order, orders } from '../orders.js';
import { springPage } from '../schemas.js';

export const pagination: PaginationOptions = {
  params: { page: { name: 'page', first: 0 }, limit: 'size' },
  envelope: {
    wrap: (p) => ({ content: p.items, totalElements: p.total, number: p.number, last: !p.hasMore }),
    schema: springPage,
  },
  link: 'path',
};

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  @Get()
  @ApiPage(Order)
  async list(@Paginate() page: PageRequest) {
    const [rows, total] = await orders.findAndCount({ skip: page.offset, take: page.take });
    return Page.of(rows, page, { total });
  }
}
