import { Controller, Get, Inject, Module, NotFoundException } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { KeyRing, ProductionConfigModule } from 'nestjs-production-config';
import { AppConfig } from './app.config.js';
import { SentryFilter } from './sentry.filter.js';

@Controller('sessions')
class SessionsController {
  constructor(@Inject(KeyRing) private readonly keys: KeyRing) {}

  @Get()
  list(): never {
    throw new NotFoundException();
  }

  @Get('broken')
  fail(): never {
    const material = this.keys.secrets('session');
    throw new Error(`${material.length} key cannot be used`);
  }

  /** What must not be reported. */
  @Get('keys')
  show(): readonly string[] {
    return this.keys.secrets('session').map(String);
  }
}

@Module({
  imports: [ProductionConfigModule.forRoot({ config: AppConfig })],
  controllers: [SessionsController],
  providers: [{ provide: APP_FILTER, useClass: SentryFilter }],
})
export class AppModule {}
