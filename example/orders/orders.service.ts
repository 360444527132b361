import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PageRequest } from 'nestjs-production-config';
import { Database } from '../database/database.token.js';
import { plant } from '../database/seed.js';
import { ORDER_COLUMNS, type Order } from './order.entity.js';
import { ORDERS } from './orders.seed.js';

/** The sort key of an order: its time and its number. */
export type OrderKey = [createdAt: string, id: number];

@Injectable()
export class OrdersService implements OnModuleInit {
  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    await plant(this.database, ORDERS);
  }

  /** The rows of a page, and one more if there is a next page. With a key, every page costs the same. */
  newest({ take, offset, after }: PageRequest<OrderKey>): Promise<Order[]> {
    const [at, id] = after ?? ['infinity', 0];
    return this.database.query(
      `SELECT ${ORDER_COLUMNS} FROM orders
       WHERE (created_at, id) < ($1, $2)
       ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4`,
      [at, id, take, offset],
    );
  }
}
