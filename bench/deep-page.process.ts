import { KeyRing, Page, resolvePage, type PageRequest } from 'nestjs-production-config';
import { Client } from 'pg';
import { createApp } from './support/ours.app.js';
import { clocked, serveOperations, timed } from './support/operations.js';
import type { Order } from './support/orders.js';

type Key = [createdAt: string, id: string];

const COLUMNS = 'id, created_at::text AS created_at, customer, total_cents';
// With the table's name: without it, the text column would be sorted, without the index.
const ORDER = 'ORDER BY orders.created_at DESC, orders.id DESC';

const [, , url = '', deepest = ''] = process.argv;
const deepOffset = Number(deepest);
// The benchmark skips more rows than the default limit allows.
const limits = { pageSize: 100, maxPageSize: 100, maxOffset: deepOffset };
const keys = (await createApp()).get(KeyRing);
const sort = ['created_at:desc', 'id:desc'];
const keyOf = ({ created_at, id }: Order): Key => [created_at, id];

const database = new Client(url);
await database.connect();

const sortedPage = (input: object) => resolvePage<Key>(input, limits, { keys, list: 'orders', sort });

async function rowsBehind({ after, take }: PageRequest<Key>): Promise<Order[]> {
  const { rows } = await (after === undefined
    ? database.query<Order>(`SELECT ${COLUMNS} FROM orders ${ORDER} LIMIT $1`, [take])
    : database.query<Order>(
        `SELECT ${COLUMNS} FROM orders WHERE (orders.created_at, orders.id) < ($1::timestamptz, $2::bigint) ` +
          `${ORDER} LIMIT $3`,
        [...after, take],
      ));
  return rows;
}

/** Formats only the page's own rows as text: otherwise OFFSET would also format all rows that it skips. */
async function rowsFrom({ offset, take }: PageRequest): Promise<Order[]> {
  const text = `SELECT ${COLUMNS} FROM (SELECT * FROM orders ${ORDER} LIMIT $1 OFFSET $2) AS orders`;
  return (await database.query<Order>(text, [take, offset])).rows;
}

async function readByCursor(input: object): Promise<Page<Order>> {
  const page = sortedPage(input);
  return Page.of(await rowsBehind(page), page, keyOf);
}

async function readByOffset(input: object): Promise<Page<Order>> {
  const page = resolvePage(input, limits);
  return Page.of(await rowsFrom(page), page);
}

/** The cursor at the end of the previous page, without reading all pages before it. */
async function cursorTo(offset: number): Promise<string> {
  const before = resolvePage({ offset: String(offset - limits.pageSize) }, limits);
  return Page.of(await rowsFrom(before), sortedPage({}), keyOf).page.next!;
}

const first = {};
const deep = { offset: String(deepOffset) };
const behind = { after: await cursorTo(deepOffset) };
const idsOf = ({ items }: Page<Order>) => items.map(({ id }) => id).join();
for (const [cursor, offset] of [
  [first, first],
  [behind, deep],
] as const) {
  const [here, there] = [await readByCursor(cursor), await readByOffset(offset)];
  if (here.items.length !== limits.pageSize || !here.page.hasMore || idsOf(here) !== idsOf(there)) {
    throw new Error('the two ways do not read the same page');
  }
}

const rows = await rowsBehind(sortedPage(behind));

serveOperations({
  firstByCursor: (repeat) => clocked(() => read(repeat, readByCursor, first)),
  deepByCursor: (repeat) => clocked(() => read(repeat, readByCursor, behind)),
  firstByOffset: (repeat) => clocked(() => read(repeat, readByOffset, first)),
  deepByOffset: (repeat) => clocked(() => read(repeat, readByOffset, deep)),
  pageByCursor: (repeat) =>
    timed(() => {
      let length = 0;
      for (let step = 0; step < repeat; step++) {
        length += Page.of(rows, sortedPage(behind), keyOf).page.next!.length;
      }
      return length;
    }),
  pageByOffset: (repeat) =>
    timed(() => {
      let items = 0;
      for (let step = 0; step < repeat; step++)
        items += Page.of(rows, resolvePage(deep, limits)).items.length;
      return items;
    }),
});

async function read(
  repeat: number,
  readPage: (input: object) => Promise<Page<Order>>,
  input: object,
): Promise<number> {
  let items = 0;
  for (let step = 0; step < repeat; step++) items += (await readPage(input)).items.length;
  return items;
}
