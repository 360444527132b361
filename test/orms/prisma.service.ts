import { Pool } from 'pg';

/** Runs what `$queryRaw` of Prisma is given, each value of its template as a parameter that PostgreSQL has to type. */
export class PrismaService {
  constructor(private readonly pool: Pool) {}

  async $queryRaw<Rows>(strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<Rows> {
    const sql = strings.reduce((text, part, index) => `${text}$${index}${part}`);
    return (await this.pool.query(sql, [...values])).rows as Rows;
  }
}
