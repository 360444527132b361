import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { CachePublic, HttpCacheInterceptor } from 'nestjs-production-config';

@Controller('orders')
@UseInterceptors(HttpCacheInterceptor)
export class OrdersController {
  @Get()
  @CachePublic()
  list(): string[] {
    return ['A-1'];
  }
}
