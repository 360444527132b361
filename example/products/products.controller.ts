import type { ServerResponse } from 'node:http';
import {
  Controller,
  Get,
  NotFoundException,
  Param,
  ParseIntPipe,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import {
  CachePublic,
  HttpCacheInterceptor,
  Paginate,
  PaginationInterceptor,
  type PageRequest,
} from 'nestjs-production-config';
import { AppConfig } from '../app.config.js';
import type { Product } from './product.entity.js';
import { ProductsService } from './products.service.js';

@Controller('products')
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
export class ProductsController {
  constructor(
    private readonly products: ProductsService,
    private readonly config: AppConfig,
  ) {}

  /**
   * `?limit=` and `?offset=`: no more rows are read than are sent, plus one. A page is the same for everyone, so it is
   * kept, as long as it says itself.
   */
  @Get()
  @CachePublic()
  list(
    @Paginate() page: PageRequest,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<Product[]> {
    response.setHeader('Cache-Control', `public, max-age=${this.config.PRODUCT_TTL_SECONDS}`);
    return this.products.page(page);
  }

  /** An endpoint as it was before: it reads everything. Its answer is cut, and a warning names it once. */
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
