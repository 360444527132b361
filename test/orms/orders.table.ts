import { bigint, index, integer, pgTable, timestamp } from 'drizzle-orm/pg-core';

export const orders = pgTable(
  'orders',
  {
    id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
    customerId: integer('customer_id').notNull(),
    total: integer().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, mode: 'string' }).notNull().defaultNow(),
    shippedAt: timestamp('shipped_at', { withTimezone: true, mode: 'string' }),
  },
  (table) => [index('orders_newest').on(table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst())],
);
