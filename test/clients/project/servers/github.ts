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

export const pagination: PaginationOptions = {
  params: { limit: 'per_page', after: 'after', before: 'before' },
  envelope: { wrap: ({ items }) => items, schema: (items) => items },
  link: { origin: process.env['PUBLIC_URL'] },
};

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  @Get()
  @ApiPage(Order)
  async list(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return Page.of(await orders.near(page), page, ({ id }) => [id]);
  }
}
