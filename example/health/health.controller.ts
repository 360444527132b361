import { Controller, Get } from '@nestjs/common';
import { CacheMetrics, KeyRing } from 'nestjs-production-config';
import { AppConfig } from '../app.config.js';

@Controller('health')
export class HealthController {
  constructor(
    private readonly config: AppConfig,
    private readonly keys: KeyRing,
    private readonly metrics: CacheMetrics,
  ) {}

  /** The ids show which keys this instance has and reveal nothing about them. */
  @Get()
  health() {
    return { name: this.config.CATALOGUE_NAME, keys: this.keys.ids, cache: this.metrics.snapshot() };
  }
}
