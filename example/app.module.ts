import { Module } from '@nestjs/common';
import { ProductionConfigModule } from 'nestjs-production-config';
import { AccountsModule } from './accounts/accounts.module.js';
import { AppConfig } from './app.config.js';
import { HealthModule } from './health/health.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { ProductsModule } from './products/products.module.js';

@Module({
  imports: [
    ProductionConfigModule.forRoot({ config: AppConfig }),
    AccountsModule,
    HealthModule,
    OrdersModule,
    ProductsModule,
  ],
})
export class AppModule {}
