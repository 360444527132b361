import { Module } from '@nestjs/common';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { DatabaseModule } from './database.module.js';

@Module({
  imports: [DatabaseModule],
  providers: [
    {
      provide: Kysely,
      inject: [Pool],
      useFactory: (pool: Pool) => new Kysely({ dialect: new PostgresDialect({ pool }) }),
    },
  ],
  exports: [Kysely],
})
export class KyselyModule {}
