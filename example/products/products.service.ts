import { Cache } from '@nestjs/cache-manager';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PageRequest } from 'nestjs-production-config';
import { AppConfig } from '../app.config.js';
import { Database } from '../database/database.token.js';
import { plant } from '../database/seed.js';
import { PRODUCT_COLUMNS, type Product } from './product.entity.js';
import { PRODUCTS } from './products.seed.js';

// The largest value of the column: for a larger number PostgreSQL returns an error, not an empty result.
const MAX_ID = 2 ** 31 - 1;

@Injectable()
export class ProductsService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly cache: Cache,
    private readonly config: AppConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    await plant(this.database, PRODUCTS);
  }

  /** The rows of a page, and one more if there is a next page. */
  page({ take, offset }: PageRequest): Promise<Product[]> {
    return this.database.query(`SELECT ${PRODUCT_COLUMNS} FROM products ORDER BY id LIMIT $1 OFFSET $2`, [
      take,
      offset,
    ]);
  }

  all(): Promise<Product[]> {
    return this.database.query(`SELECT ${PRODUCT_COLUMNS} FROM products ORDER BY id`);
  }

  /** Reads through the cache: once for all concurrent requests. Absent products are not cached. */
  async find(id: number): Promise<Product | undefined> {
    if (id < 1 || id > MAX_ID) return undefined;
    return this.cache.wrap(`product:${id}`, () => this.read(id), this.config.PRODUCT_TTL_SECONDS * 1000);
  }

  private async read(id: number): Promise<Product | undefined> {
    const [product] = await this.database.query<Product>(
      `SELECT ${PRODUCT_COLUMNS} FROM products WHERE id = $1`,
      [id],
    );
    return product;
  }
}
