/** An order, as it is sent. */
export interface Order {
  readonly id: number;
  readonly sku: string;
  readonly quantity: number;
  /** Includes the microseconds, which a Date would lose: they order the orders of one millisecond. */
  readonly createdAt: string;
}

/**
 * The columns under the names of the fields. If the text were called created_at, ORDER BY created_at would sort by it,
 * without the index.
 */
export const ORDER_COLUMNS = `id, sku, quantity,
  to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"`;
