import { Controller, Get } from '@nestjs/common';
import { CacheMetrics } from 'nestjs-production-config';
import { AppConfig } from '../app.config.js';

@Controller('health')
export class HealthController {
  constructor(
    private readonly config: AppConfig,
    private readonly metrics: CacheMetrics,
  ) {}

  @Get()
  health() {
    return { name: this.config.CATALOGUE_NAME, cache: this.metrics.snapshot() };
  }
}
