import {
  Controller,
  Get,
  Header,
  NotFoundException,
  Param,
  ParseIntPipe,
  UseInterceptors,
} from '@nestjs/common';
import {
  CachePublic,
  HttpCacheInterceptor,
  Paginate,
  PaginationInterceptor,
  type PageRequest,
} from 'nestjs-production-config';
import type { Product } from './product.entity.js';
import { ProductsService } from './products.service.js';

@Controller('products')
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
export class ProductsController {
  constructor(private readonly products: ProductsService) {}

  /** `?limit=` and `?offset=`: only one more row is read than is sent. The same for everyone, so it is cached. */
  @Get()
  @CachePublic()
  @Header('Cache-Control', 'public, max-age=60')
  list(@Paginate() page: PageRequest): Promise<Product[]> {
    return this.products.page(page);
  }

  /** A legacy endpoint that reads everything. Its response is cut, with one warning. */
  @Get('legacy')
  legacy(): Promise<Product[]> {
    return this.products.all();
  }

  @Get(':id')
  async one(@Param('id', ParseIntPipe) id: number): Promise<Product> {
    const product = await this.products.find(id);
    if (product === undefined) throw new NotFoundException(`There is no product ${id}`);
    return product;
  }
}
