import { Controller, Get, UseInterceptors } from '@nestjs/common';
import {
  Page,
  Paginate,
  PaginationInterceptor,
  type PageRequest,
  type PaginationOptions,
} from 'nestjs-production-config';
import { ApiPage } from 'nestjs-production-config/swagger';
import { orders } from '../orders.js';
import { OrderResource, resourceDocument } from '../schemas.js';

export const pagination: PaginationOptions = {
  params: { limit: 'page[size]', after: 'page[after]', before: 'page[before]' },
  envelope: { wrap: ({ items: data, links }) => ({ data, links }), schema: resourceDocument },
  link: 'path',
};

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  @Get()
  @ApiPage(OrderResource)
  async list(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    const found = Page.of(await orders.near(page), page, ({ id }) => [id]);
    return found.map(({ id, ...attributes }) => ({ type: 'orders', id: String(id), attributes }));
  }
}
