import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { CacheMetrics, KeyRing } from 'nestjs-production-config';
import { AppConfig } from '../app.config.js';
import { DrainingService } from './draining.service.js';

@Controller('health')
export class HealthController {
  constructor(
    private readonly config: AppConfig,
    private readonly keys: KeyRing,
    private readonly metrics: CacheMetrics,
    private readonly draining: DrainingService,
  ) {}

  /** 503 during shutdown. The ids show which keys this instance has and reveal nothing about them. */
  @Get()
  health() {
    if (this.draining.isDraining) throw new ServiceUnavailableException('This instance is about to end');
    return { name: this.config.CATALOGUE_NAME, keys: this.keys.ids, cache: this.metrics.snapshot() };
  }
}
