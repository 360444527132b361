import { ApiProperty } from '@nestjs/swagger';
import type { PageRequest } from 'nestjs-production-config';

export class Order {
  @ApiProperty({ type: 'integer' })
  readonly id!: number;

  @ApiProperty()
  readonly customer!: string;
}

interface Query {
  readonly skip: number;
  readonly take: number;
  readonly order?: Readonly<Record<string, string>>;
}

const ROWS: readonly Order[] = Array.from({ length: 123 }, (_, index) => ({
  id: index + 1,
  customer: `customer ${(index * 50) % 123}`,
}));

/** What a repository does with its table. */
export const orders = {
  /** As in TypeORM: the selected rows, and the number of all rows. */
  async findAndCount({ skip, take, order = { id: 'ASC' } }: Query): Promise<[Order[], number]> {
    const [[column, direction]] = Object.entries(order) as [[string, string]];
    const sign = direction.toUpperCase() === 'DESC' ? -1 : 1;
    const valueOf = (row: Order) => row[column as keyof Order];
    const sorted = ROWS.toSorted((a, b) => (valueOf(a) < valueOf(b) ? -sign : sign));
    return [sorted.slice(skip, skip + take), ROWS.length];
  },

  /** SELECT * FROM orders WHERE id > $after ORDER BY id LIMIT $take, or the reverse. */
  async near({ after, before, direction, take }: PageRequest<[number]>): Promise<Order[]> {
    if (direction === 'forward') return ROWS.filter(({ id }) => id > (after?.[0] ?? 0)).slice(0, take);
    const rows = ROWS.filter(({ id }) => id < (before?.[0] ?? Infinity));
    return rows.toReversed().slice(0, take);
  },
};
