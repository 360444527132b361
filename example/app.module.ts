import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ProductionConfigModule } from 'nestjs-production-config';
import { OperationsModule } from 'nestjs-production-config/operations';
import { AccountsModule } from './accounts/accounts.module.js';
import { AppConfig } from './app.config.js';
import { HealthModule } from './health/health.module.js';
import { JsonOnlyGuard } from './http/json-only.guard.js';
import { RetryLaterFilter } from './http/retry-later.filter.js';
import { SameOriginGuard } from './http/same-origin.guard.js';
import { config } from './loaded-config.js';
import { OrdersModule } from './orders/orders.module.js';
import { ProductsModule } from './products/products.module.js';

@Module({
  imports: [
    ProductionConfigModule.forRoot({ config: AppConfig }),
    // Only this machine reaches that address.
    ProductionConfigModule.registerWhen(
      OperationsModule.forRoot({ listen: `127.0.0.1:${config.OPERATIONS_PORT}` }),
      ({ OPERATIONS_PAGE }: AppConfig) => OPERATIONS_PAGE,
    ),
    AccountsModule,
    HealthModule,
    OrdersModule,
    ProductsModule,
  ],
  providers: [
    { provide: APP_FILTER, useClass: RetryLaterFilter },
    { provide: APP_GUARD, useClass: SameOriginGuard },
    { provide: APP_GUARD, useClass: JsonOnlyGuard },
  ],
})
export class AppModule {}
