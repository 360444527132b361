import { Controller, Get, Res, UseInterceptors } from '@nestjs/common';
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
  params: { range: 'range' },
  envelope: { wrap: ({ items }) => items, schema: (items) => items },
};

/** What the responses of Express and Fastify have in common. */
interface Response {
  header(name: string, value: string): unknown;
}

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
export class OrdersController {
  @Get()
  @ApiPage(Order)
  async list(@Paginate() page: PageRequest, @Res({ passthrough: true }) response: Response) {
    const [rows, total] = await orders.findAndCount({ skip: page.offset, take: page.take });
    const result = Page.of(rows, page, { total });
    const last = page.offset + result.items.length - 1;
    response.header('Content-Range', `orders ${page.offset}-${last}/${total}`);
    return result;
  }
}
