import { Pool } from 'pg';

/** Like Prisma's `$queryRaw`: each template value becomes a parameter whose type PostgreSQL infers. */
export class PrismaService {
  constructor(private readonly pool: Pool) {}

  async $queryRaw<Rows>(strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<Rows> {
    const sql = strings.reduce((text, part, index) => `${text}$${index}${part}`);
    return (await this.pool.query(sql, [...values])).rows as Rows;
  }
}
