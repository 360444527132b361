import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { createClient } from '@redis/client';
import { setTimeout as delay } from 'node:timers/promises';
import { AppConfig } from './app.config.js';

/** Sends through a connection that the application closes. */
@Injectable()
export class Outbox implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Outbox');
  private readonly connection: ReturnType<typeof createClient>;

  constructor(@Inject(AppConfig) config: AppConfig) {
    this.connection = createClient({ url: config.QUEUE_URL });
  }

  async onModuleInit(): Promise<void> {
    await this.connection.connect();
  }

  async send(to: string): Promise<void> {
    this.logger.log(`begins ${to}`);
    await delay(1500);
    await this.connection.rPush('sent', to);
    this.logger.log(`sent ${to}`);
  }

  async onApplicationShutdown(): Promise<void> {
    this.logger.log('closes');
    await this.connection.close();
  }
}
