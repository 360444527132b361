import type { ServerResponse } from 'node:http';
import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { DrainingService } from './draining.service.js';
import { HealthController } from './health.controller.js';

@Module({ controllers: [HealthController], providers: [DrainingService] })
export class HealthModule implements NestModule {
  constructor(private readonly draining: DrainingService) {}

  /** A client is told that its connection ends: one that it took for open could end with a request under way. */
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_request: unknown, response: ServerResponse, next: () => void) => {
        if (this.draining.isDraining) response.setHeader('Connection', 'close');
        next();
      })
      .forRoutes('{*path}');
  }
}
