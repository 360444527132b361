import { Module } from '@nestjs/common';
import { drizzle, NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { DatabaseModule } from './database.module.js';

@Module({
  imports: [DatabaseModule],
  providers: [{ provide: NodePgDatabase, inject: [Pool], useFactory: (client: Pool) => drizzle({ client }) }],
  exports: [NodePgDatabase],
})
export class DrizzleModule {}
