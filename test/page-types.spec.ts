import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { inMemory, programOf } from './support/type-program.js';

/** The compiler's verdict on a statement in a handler with these pages. */
type Row = readonly [code: string, verdict: 'compiles' | 'refused'];

const rows: Readonly<Record<string, readonly Row[]>> = {
  'the key of a row has the types of the page, in their order': [
    ['Page.of(orders, byDate, (row) => [row.at, row.id])', 'compiles'],
    ['Page.of(orders, byId, ({ id }) => [id])', 'compiles'],
    ['Page.of(orders, byDate, (row) => [row.id, row.at])', 'refused'],
    ['Page.of(orders, byId, (row) => [row.at])', 'refused'],
    ['Page.of(orders, byId, (row) => [Number(row.id)])', 'refused'],
    ['Page.of(orders, byId, (row) => row.id)', 'refused'],
    ['Page.of(orders, byId, async (row) => [row.id])', 'refused'],
    ['Page.of(orders, byId, () => undefined)', 'refused'],
  ],
  'a key has exactly the declared values': [
    ['Page.of(orders, byDate, (row) => [row.at])', 'refused'],
    ['Page.of(orders, byDate, () => [])', 'refused'],
    ['Page.of(orders, byDate, (row) => [row.at, row.id, row.id])', 'refused'],
    ['Page.of(orders, byId, (row) => [row.missing])', 'refused'],
    ['Page.of(orders, byId, (row) => [row.maybe])', 'refused'],
  ],
  'a key cannot contain a Date, which would lose microseconds': [
    ['Page.of(orders, byDate, (row) => [row.made, row.id])', 'refused'],
    ['Page.of(orders, byDate, (row) => [row.made.toISOString(), row.id])', 'compiles'],
    ['let page: PageRequest<[Date]>', 'refused'],
    ['let page: PageRequest<[string, Date]>', 'refused'],
    ['let page: PageRequest<[undefined]>', 'refused'],
    ['let page: PageRequest<[{ id: number }]>', 'refused'],
    ['let page: PageRequest<string>', 'refused'],
    ['let page: PageRequest<[string, number, bigint, boolean, null]>', 'compiles'],
    ["let page: PageRequest<['a' | 'b', string | null]>", 'compiles'],
  ],
  'a key can contain null only if the page declares it': [
    ['Page.of(orders, byId, (row) => [row.closed])', 'refused'],
    ['Page.of(orders, byDate, (row) => [row.closed, row.id])', 'refused'],
    ['Page.of(orders, byClosing, (row) => [row.closed, row.id])', 'compiles'],
    ['Page.of(orders, byClosing, (row) => [row.at, row.id])', 'compiles'],
  ],
  'only a sorted page has a key function': [
    ['Page.of(orders, byDate)', 'refused'],
    ['Page.of(orders, byDate, { total: 3 })', 'refused'],
    ['Page.of(orders, plain)', 'compiles'],
    ['Page.of(orders, plain, { total: 3 })', 'compiles'],
    ['Page.of(orders, plain, (row) => [row.id])', 'refused'],
    ['Page.of(orders, plain, () => [])', 'refused'],
    ['Page.of(orders, byDate, (row) => [row.at, row.id], { total: 3 })', 'compiles'],
    ['Page.of(orders, plain, { total: 3n })', 'refused'],
    ["Page.of(orders, plain, { total: '3' })", 'refused'],
    ['Page.of(orders, plain, { totl: 3 })', 'refused'],
  ],
  'after is readonly and has the declared types': [
    ['const [at, id]: readonly [string, bigint] = byDate.after!', 'compiles'],
    ['const after: readonly [string, bigint] = byDate.after', 'refused'],
    ['const after: readonly [bigint, string] = byDate.after!', 'refused'],
    ['const after: readonly [string, bigint] | undefined = byDate.after', 'compiles'],
    ['const after: undefined = plain.after', 'compiles'],
    ['const bounds: OffsetPage[] = [plain, byDate]', 'compiles'],
    ['const bounds: PageRequest = byDate', 'refused'],
    ['byDate.after = undefined', 'refused'],
    ["byDate.after![0] = 'x'", 'refused'],
    ['plain.limit = 5', 'refused'],
  ],
  'a Page has the type of its items': [
    ['const page: Page<Order> = Page.of(orders, byId, (row) => [row.id])', 'compiles'],
    ['const page: Page<Order> = Page.of(orders as readonly Order[], plain)', 'compiles'],
    ['const page: Page<string> = Page.of(orders, plain).map((row) => row.at)', 'compiles'],
    ['const page: Page<number> = Page.of(orders, plain).map((row) => row.at)', 'refused'],
    ['const page: Page<string> = Page.of(orders, plain)', 'refused'],
    ['new Page([], plain)', 'refused'],
  ],
  'resolvePage() has a key only with a cursor scope': [
    ['const page: PageRequest<[bigint]> = resolvePage<[bigint]>({}, limits, scope)', 'compiles'],
    ['const page: PageRequest = resolvePage({}, limits)', 'compiles'],
    ['const page: PageRequest<[bigint]> = resolvePage<[bigint]>({}, limits)', 'refused'],
    ['const page: PageRequest = resolvePage<[bigint]>({}, limits, scope)', 'refused'],
    ['const page = resolvePage<[Date]>({}, limits, scope)', 'refused'],
    ['resolvePage({}, { pageSize: 5 })', 'refused'],
  ],
  'the key follows from the order that the client chose': [
    ["if (chosen.sort === 'name') { const [name]: readonly [string] = chosen.after! }", 'compiles'],
    [
      "if (chosen.sort === 'newest') { const [at, id]: readonly [string, bigint] = chosen.after! }",
      'compiles',
    ],
    ["if (chosen.sort === 'name') { const [at, id]: readonly [string, bigint] = chosen.after! }", 'refused'],
    ["if (chosen.sort === 'name') void chosen.before?.[1]", 'refused'],
    ["if (chosen.sort === 'age') throw 0", 'refused'],
    ["if (chosen.sort === 'name') Page.of(orders, chosen, (row) => [row.at])", 'compiles'],
    ["if (chosen.sort === 'name') Page.of(orders, chosen, (row) => [row.at, row.id])", 'refused'],
    ["if (chosen.sort === 'newest') Page.of(orders, chosen, (row) => [row.at, row.id])", 'compiles'],
    ["if (chosen.sort === 'newest') Page.of(orders, chosen, (row) => [row.at])", 'refused'],
    ['const name: "newest" | "name" = chosen.sort', 'compiles'],
    ['const none: undefined = byDate.sort', 'compiles'],
    ["const one: PageRequest<[bigint], 'id'> = resolvePage<[bigint], 'id'>({}, limits, scope)", 'compiles'],
    ["const one: PageRequest<[bigint], 'id'> = resolvePage<[bigint]>({}, limits, scope)", 'refused'],
    ["Paginate({ sort: { newest: ['created_at:desc', 'id'], name: ['name'] } })", 'compiles'],
    ["Paginate({ sort: { newest: 'id' } })", 'refused'],
  ],
  'a page is read in a direction': [
    ['const before: readonly [string, bigint] | undefined = byDate.before', 'compiles'],
    ['const before: readonly [bigint] | undefined = byDate.before', 'refused'],
    ["const direction: 'forward' | 'backward' = byDate.direction", 'compiles'],
    ["if (byDate.direction === 'back') throw 0", 'refused'],
    ["byDate.direction = 'forward'", 'refused'],
  ],
  'a source has a key of the list, or null at its end': [
    ['Page.of(orders, byId, (row) => [row.id], { next: [5n] })', 'compiles'],
    ['Page.of(orders, byId, (row) => [row.id], { next: null })', 'compiles'],
    ['Page.of(orders, byId, (row) => [row.id], { next: undefined })', 'compiles'],
    ['Page.of(orders, byId, (row) => [row.id], { next: [5] })', 'refused'],
    ["Page.of(orders, byDate, (row) => [row.at, row.id], { next: ['x'] })", 'refused'],
    ["Page.of(orders, byId, (row) => [row.id], { next: 'cursor' })", 'refused'],
    ['Page.of(orders, plain, { next: null })', 'refused'],
  ],
  'edges have the items': [
    [
      'const [edge]: { node: Order; cursor: string }[] = Page.of(orders, byId, (row) => [row.id]).edges()',
      'compiles',
    ],
    ['const cursor: string | null = Page.of(orders, byId, (row) => [row.id]).endCursor', 'compiles'],
    ['const cursor: string = Page.of(orders, byId, (row) => [row.id]).startCursor', 'refused'],
    [
      'const names: Page<string> = Page.of(orders, plain).map(({ at }) => at).filter((at) => at.length > 0)',
      'compiles',
    ],
    ['Page.of(orders, plain).map(({ at }) => at).filter((at) => at.id)', 'refused'],
  ],
  decorators: [
    ['Paginate({ sort: ["id"] })', 'compiles'],
    ['Paginate({ sort: ["id"] as const })', 'compiles'],
    ['Paginate({ sort: "id" })', 'refused'],
    ['Paginate({ order: ["id"] })', 'refused'],
    ['Paginate({ sort: undefined })', 'compiles'],
    ['PageSize(20, { max: 60 })', 'compiles'],
    ['PageSize()', 'refused'],
    ['PageSize(20, 60)', 'refused'],
    ['PageSize("20")', 'refused'],
    ['Unpaginated()', 'compiles'],
  ],
};

const sourceOf = ([code]: Row) => `
import {
  type CursorScope, Page, type OffsetPage, type PageLimits, type PageRequest, PageSize, Paginate, resolvePage, Unpaginated,
} from 'nestjs-production-config';
interface Order { at: string; id: bigint; made: Date; closed: string | null; maybe?: bigint }
declare const orders: Order[];
declare const plain: PageRequest;
declare const byId: PageRequest<[bigint]>;
declare const byDate: PageRequest<[string, bigint]>;
declare const byClosing: PageRequest<[string | null, bigint]>;
declare const chosen: PageRequest<[string, bigint], 'newest'> | PageRequest<[string], 'name'>;
declare const limits: PageLimits;
declare const scope: CursorScope;
export function handler() {
  ${code};
}
`;

describe('the types of pages:', () => {
  const all = Object.values(rows).flat();
  const pathOf = (row: Row) => inMemory(`page.${all.indexOf(row)}`);
  let program: ts.Program;
  beforeAll(() => {
    program = programOf(new Map(all.map((row) => [pathOf(row), sourceOf(row)])));
  });

  describe.each(Object.entries(rows))('%s', (_topic, table) => {
    it.for(table)('`%s` %s', (row) => {
      const source = sourceOf(row);
      const file = program.getSourceFile(pathOf(row))!;
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      const texts = found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
      expect(found.length > 0 ? 'refused' : 'compiles', texts.join('\n')).toBe(row[1]);
      // The errors are in the statement, not in the code around it.
      expect(found.every(({ start = 0 }) => start > source.indexOf('handler()'))).toBe(true);
    });
  });
});
