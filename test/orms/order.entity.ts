import { Column, Entity, PrimaryGeneratedColumn, VirtualColumn } from 'typeorm';

@Entity('orders')
export class Order {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  readonly id!: string;

  @Column('integer')
  readonly total!: number;

  @Column('timestamptz', { name: 'created_at' })
  readonly createdAt!: Date;

  @VirtualColumn({ type: 'text', query: (order) => `${order}.created_at::text` })
  readonly exact!: string;
}
