import { Column, Entity, Index, PrimaryGeneratedColumn, VirtualColumn } from 'typeorm';

@Entity('orders')
@Index('orders_newest', ['createdAt', 'id'])
export class Order {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  readonly id!: string;

  @Column('integer', { name: 'customer_id' })
  readonly customerId!: number;

  @Column('integer')
  readonly total!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  readonly createdAt!: Date;

  @Column('timestamptz', { name: 'shipped_at', nullable: true })
  readonly shippedAt!: Date | null;

  @VirtualColumn({ type: 'text', query: (order) => `${order}.created_at::text` })
  readonly exact!: string;
}
