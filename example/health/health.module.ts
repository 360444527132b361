import type { ServerResponse } from 'node:http';
import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { DrainingService } from './draining.service.js';
import { HealthController } from './health.controller.js';

@Module({ controllers: [HealthController], providers: [DrainingService] })
export class HealthModule implements NestModule {
  constructor(private readonly draining: DrainingService) {}

  /** Announces that the connection ends: otherwise it could be closed while the client is sending a request. */
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_request: unknown, response: ServerResponse, next: () => void) => {
        if (this.draining.isDraining) response.setHeader('Connection', 'close');
        next();
      })
      .forRoutes('{*path}');
  }
}
