/** An order, as it is sent. */
export interface Order {
  readonly id: number;
  readonly sku: string;
  readonly quantity: number;
  /** With the microseconds that a Date would lose: orders of one millisecond would not be told apart. */
  readonly createdAt: string;
}

/**
 * The columns under the names of the fields. Were the text called created_at, ORDER BY created_at would sort by it, past
 * the index.
 */
export const ORDER_COLUMNS = `id, sku, quantity,
  to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"`;
