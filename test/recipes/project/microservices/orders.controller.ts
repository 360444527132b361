import { Controller, Get, Inject, Logger } from '@nestjs/common';
import { ClientProxy, MessagePattern } from '@nestjs/microservices';
import { setTimeout as delay } from 'node:timers/promises';
import type { Observable } from 'rxjs';

/** Orders and, for the other service, the stock. */
@Controller('orders')
export class OrdersController {
  private readonly logger = new Logger('Orders');

  constructor(@Inject('STOCK') private readonly stock: ClientProxy) {}

  @Get()
  list(): Observable<number> {
    return this.stock.send('stock', 'A-1');
  }

  @MessagePattern('stock')
  async count(): Promise<number> {
    this.logger.log('counts');
    await delay(1000);
    return 7;
  }
}
