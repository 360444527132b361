import { bigint, integer, pgTable, timestamp } from 'drizzle-orm/pg-core';

export const orders = pgTable('orders', {
  id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
  total: integer().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true, mode: 'string' }).notNull().defaultNow(),
});
