import type { Generated } from 'kysely';

export interface Database {
  orders: {
    id: Generated<string>;
    customer_id: number;
    total: number;
    created_at: Generated<Date>;
    shipped_at: Date | null;
  };
}
