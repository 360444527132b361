import { Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';
import { AppConfig } from './app.config.js';

@Module({
  providers: [
    {
      provide: Pool,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => new Pool(config.getDatabaseConfig()),
    },
  ],
  exports: [Pool],
})
export class DatabaseModule implements OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseModule.name);

  constructor(private readonly pool: Pool) {
    // Without a listener, an idle connection that the server closes ends the process.
    pool.on('error', ({ message }) => this.logger.warn(`An idle connection is lost: ${message}`));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
