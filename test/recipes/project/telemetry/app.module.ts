import { Cache } from '@nestjs/cache-manager';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { ProductionConfigModule } from 'nestjs-production-config';
import { AppConfig } from './app.config.js';
import { Telemetry } from './telemetry.js';

@Controller('orders')
class OrdersController {
  constructor(@Inject(Cache) private readonly cache: Cache) {}

  @Get()
  list(): Promise<string[]> {
    return this.cache.wrap('orders', async () => ['a cached order']);
  }
}

@Module({
  imports: [ProductionConfigModule.forRoot({ config: AppConfig })],
  controllers: [OrdersController],
  providers: [Telemetry],
})
export class AppModule {}
