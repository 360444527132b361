import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PageRequest } from 'nestjs-production-config';
import { Database } from '../database/database.token.js';
import { ORDER_COLUMNS, type Order } from './order.entity.js';
import { CREATE_ORDERS } from './orders.seed.js';

/** The time and the number of an order: its place in the list. */
export type OrderKey = [createdAt: string, id: number];

@Injectable()
export class OrdersService implements OnModuleInit {
  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    await this.database.query(CREATE_ORDERS);
  }

  /** One page, and one row more where there is a next page. Behind a key it costs the same however deep it is. */
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
