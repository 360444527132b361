import { Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../app.config.js';
import { Database } from './database.token.js';
import { EmbeddedDatabase } from './embedded.database.js';
import { PooledDatabase } from './pooled.database.js';

/** The server that DATABASE_URL or DATABASE_HOST names. Without them, a database inside this process. */
@Module({
  providers: [
    {
      provide: Database,
      inject: [AppConfig],
      useFactory: (config: AppConfig): Database | Promise<Database> =>
        config.DATABASE_URL === undefined && config.DATABASE_HOST === undefined
          ? EmbeddedDatabase.open()
          : new PooledDatabase(config.getDatabaseConfig()),
    },
  ],
  exports: [Database],
})
export class DatabaseModule implements OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseModule.name);

  constructor(private readonly database: Database) {}

  /** The last hook: the earlier ones run while requests are still in flight. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
    this.logger.log('Closed');
  }
}
