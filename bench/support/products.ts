/** A row as a shop's database returns it. */
export interface Product {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly price: number;
  readonly currency: string;
  readonly stock: number;
}

export function productOf(id: number): Product {
  return {
    id,
    sku: `SKU-${id.toString().padStart(8, '0')}`,
    name: `Product number ${id}`,
    price: 999 + (id % 5000),
    currency: 'EUR',
    stock: id % 250,
  };
}

export function productsFrom(first: number, rows: number): Product[] {
  return Array.from({ length: rows }, (_, index) => productOf(first + index));
}

/** The same row with the data that a shop joins to it. */
export function productDetailsOf(id: number): object {
  return {
    ...productOf(id),
    tags: ['new', 'sale', `group-${id % 16}`],
    dimensions: { width: 12, height: 30, depth: 7.5 },
    supplier: { id: id % 64, name: `Supplier ${id % 64}`, address: { city: 'Lyon', country: 'FR' } },
  };
}
