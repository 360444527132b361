import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Pool } from 'pg';
import { AppConfig } from './app.config.js';

async function main(): Promise<void> {
  const client = new Pool(AppConfig.pick('getDatabaseConfig').load().getDatabaseConfig());
  await migrate(drizzle({ client }), { migrationsFolder: 'drizzle' });
  await client.end();
}

void main();
