/** A row of the catalogue, as it is sent. */
export interface Product {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  readonly category: string;
  readonly createdAt: Date;
}

/** The columns under the names of the fields. */
export const PRODUCT_COLUMNS = `id, sku, name, price_cents AS "priceCents", category, created_at AS "createdAt"`;
