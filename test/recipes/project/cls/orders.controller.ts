import { Controller, Get, Logger, UseInterceptors } from '@nestjs/common';
import { CachePublic, HttpCacheInterceptor } from 'nestjs-production-config';

@Controller('orders')
@UseInterceptors(HttpCacheInterceptor)
export class OrdersController {
  private readonly logger = new Logger('Orders');

  @Get()
  @CachePublic()
  list(): string[] {
    this.logger.log('reads all orders');
    return ['A-1'];
  }
}
