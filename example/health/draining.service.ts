import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../app.config.js';

/** Delays closing the port after a signal, so that load balancers can stop sending requests here. */
@Injectable()
export class DrainingService implements BeforeApplicationShutdown {
  isDraining = false;

  constructor(private readonly config: AppConfig) {}

  async beforeApplicationShutdown(signal?: string): Promise<void> {
    this.isDraining = true;
    if (signal !== undefined) await delay(this.config.DRAIN_SECONDS * 1000);
  }
}
