import { Controller, Get, Inject, Logger } from '@nestjs/common';
import { ProductionConfig } from 'nestjs-production-config';

@Controller('orders')
export class OrdersController {
  private readonly logger = new Logger('Orders');

  constructor(@Inject(ProductionConfig) private readonly config: ProductionConfig) {}

  @Get()
  list(): string[] {
    this.logger.log({ service: { config: this.config } });
    return [];
  }

  @Get('broken')
  fail(): never {
    throw new Error('no such table');
  }
}
