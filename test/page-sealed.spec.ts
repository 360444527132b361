import { execFileSync } from 'node:child_process';
import { Controller, Get, UseInterceptors } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  Page,
  PageRequestError,
  Paginate,
  PaginationInterceptor,
  type CursorScope,
  type CursorValue,
  type PageRequest,
} from 'nestjs-production-config';
import { keyEnv, ringOf } from './support/fleet.ring.js';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { cursorOf, keyIn } from './support/page-cursors.js';
import { rowsBehind } from './support/sorted-rows.js';

const [B, C] = OTHER_KEYS;
const scope = { keys: ringOf(SECRET_KEY), list: 'salaries', sort: ['salary:desc', 'id'], sealed: true };
const KEY = ['salary of 123456', 'id-4711-secret'] as const;

/** A base64url text with the bytes of another one, changed. */
const changed = (cursor: string, change: (bytes: Buffer) => Uint8Array): string =>
  Buffer.from(change(Buffer.from(cursor, 'base64url'))).toString('base64url');

describe('a sealed cursor', () => {
  const cursor = cursorOf(KEY, scope);

  it('shows neither the key nor the columns of the sort, in any decoding', () => {
    const bytes = Buffer.from(cursor, 'base64url');
    const encodings = ['base64', 'latin1', 'utf8', 'utf16le', 'hex'] as const;
    const readings = [cursor, ...encodings.map((encoding) => bytes.toString(encoding))];
    // The same reading finds them in a signed cursor.
    const signed = cursorOf(KEY, { ...scope, sealed: false });
    expect(Buffer.from(signed, 'base64url').toString('latin1')).toContain('4711');
    for (const reading of readings) {
      for (const secret of ['123456', '4711', 'secret', 'salary', 'salaries']) {
        expect(reading).not.toContain(secret);
        expect(reading).not.toContain(Buffer.from(secret).toString('hex'));
      }
      for (const value of KEY) expect(reading).not.toContain(Buffer.from(value).toString('base64url'));
    }
    expect(cursor).toMatch(/^[\w-]+$/);
  });

  it('is the same for the same row, and of no other row', () => {
    expect(cursorOf(KEY, scope)).toBe(cursor);
    expect(cursorOf(KEY, { ...scope, keys: ringOf(SECRET_KEY) })).toBe(cursor);
    const other = cursorOf([KEY[0], 'id-4712-secret'], scope);
    expect(other).toHaveLength(cursor.length);
    // No block of one repeats in the other, though their keys differ in one character.
    const [one, two] = [cursor, other].map((text) => Buffer.from(text, 'base64url'));
    expect(one!.filter((byte, index) => byte === two![index]).length).toBeLessThan(one!.length / 4);
  });

  it('restores every key exactly', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      // JSON and SQL have one zero.
      fc.double().map((number) => (number === 0 ? 0 : number)),
      fc.bigInt(),
      fc.boolean(),
      fc.constantFrom<CursorValue>(null, NaN, Infinity, '\uD800', '👩‍👩‍👧'),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), value, (one, two) => {
        expect(keyIn(cursorOf([one, two], scope), scope)).toEqual([one, two]);
      }),
    );
  });

  it('is refused with any byte changed, each bit of it', () => {
    const { length } = Buffer.from(cursor, 'base64url');
    for (let index = 0; index < length; index++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = changed(cursor, (bytes) => bytes.fill(bytes[index]! ^ (1 << bit), index, index + 1));
        expect(flipped).not.toBe(cursor);
        expect(() => keyIn(flipped, scope), `${index}.${bit}`).toThrow(PageRequestError);
      }
    }
  });

  it('is refused if it is cut or extended at either end', () => {
    const { length } = Buffer.from(cursor, 'base64url');
    for (let kept = 0; kept < length; kept++) {
      for (const part of [
        changed(cursor, (bytes) => bytes.subarray(0, kept)),
        changed(cursor, (bytes) => bytes.subarray(length - kept)),
      ]) {
        expect(() => keyIn(part, scope), `${kept}`).toThrow(PageRequestError);
      }
    }
    for (const text of [
      changed(cursor, (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
      changed(cursor, (bytes) => Buffer.concat([Buffer.alloc(1), bytes])),
      cursor + cursor,
    ]) {
      expect(() => keyIn(text, scope)).toThrow(PageRequestError);
    }
  });

  it('has one spelling: other base64 texts of its bytes are refused', () => {
    // A key of each length, so that the last character has unused bits in some of them.
    for (const text of ['a', 'ab', 'abc']) {
      const own = cursorOf([text, 'id'], scope);
      const bytes = Buffer.from(own, 'base64url');
      const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].map(
        (last) => own.slice(0, -1) + last,
      );
      const same = spellings.filter((spelling) => Buffer.from(spelling, 'base64url').equals(bytes));
      for (const spelling of [
        ...same,
        bytes.toString('base64'),
        `${own}=`,
        `${own}==`,
        ` ${own}`,
        `${own}\n`,
      ]) {
        if (spelling === own) continue;
        expect(() => keyIn(spelling, scope), spelling).toThrow(PageRequestError);
      }
      expect(keyIn(own, scope)).toEqual([text, 'id']);
    }
  });

  it.each<[string, Partial<CursorScope>]>([
    ['another list', { list: 'salaries2' }],
    ['another order', { sort: ['salary', 'id'] }],
    ['a list whose name and order join to the same text', { list: 'salaries","salary:desc', sort: ['id'] }],
    ['the same list, with signed cursors', { sealed: false }],
    ['a list with another key', { keys: ringOf(B) }],
  ])('of %s is refused, and so is its cursor here', (_what, change) => {
    const other = { ...scope, ...change };
    const key = (other.sort as readonly string[]).map(String);
    expect(() => keyIn(cursor, other)).toThrow(PageRequestError);
    expect(() => keyIn(cursorOf(key, other), scope)).toThrow(PageRequestError);
  });

  it('works while its key is a fallback, and is refused once it is removed', () => {
    const rotating = { ...scope, keys: ringOf(B, SECRET_KEY) };
    expect(keyIn(cursor, rotating)).toEqual(KEY);
    expect(keyIn(cursorOf(KEY, rotating), { ...scope, keys: ringOf(B) })).toEqual(KEY);
    expect(keyIn(cursor, { ...scope, keys: ringOf(C, B, SECRET_KEY) })).toEqual(KEY);
    for (const ring of [ringOf(B), ringOf(C, B)]) {
      expect(() => keyIn(cursor, { ...scope, keys: ring })).toThrow(PageRequestError);
    }
  });

  it('is refused with the same error, whatever is wrong with it', () => {
    const errorOf = (text: unknown): unknown => {
      try {
        return keyIn(text, scope);
      } catch (error) {
        return (error as PageRequestError).getResponse();
      }
    };
    const texts = ['', '.', 'x', cursor.slice(1), cursorOf(KEY, { ...scope, keys: ringOf(B) }), [cursor]];
    for (const text of texts) expect(errorOf(text)).toEqual(errorOf('forged'));
    expect(JSON.stringify(errorOf(cursor.slice(1)))).not.toContain('4711');
  });

  it('needs a sort', () => {
    expect(() => Paginate({ sealed: true })).toThrow(ConfigDefinitionError);
  });
});

interface Row {
  readonly id: number;
  readonly salary: number;
}

const ROWS: readonly Row[] = Array.from({ length: 23 }, (_, id) => ({ id, salary: Math.floor(id / 4) }));
const keyOf = ({ salary, id }: Row): [number, number] => [salary, id];
const SORT = ['salary', 'id'];
const PARAMS = { limit: 'limit', after: 'after', before: 'before' };

@Controller('rows')
@UseInterceptors(PaginationInterceptor)
class RowsController {
  @Get('sealed')
  sealed(@Paginate({ sort: SORT, sealed: true, params: PARAMS }) page: PageRequest<[number, number]>) {
    return Page.of(rowsBehind(ROWS, page, keyOf), page, keyOf).map(({ id }) => id);
  }

  @Get('other')
  other(@Paginate({ sort: SORT, sealed: true }) page: PageRequest<[number, number]>) {
    return this.sealed(page);
  }

  @Get('signed')
  signed(@Paginate({ sort: SORT }) page: PageRequest<[number, number]>) {
    return this.sealed(page);
  }
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  const start = async (...ring: readonly string[]) =>
    `${(await startApp(adapter, [RowsController], { env: keyEnv(ring) })).url}/rows`;
  const pageOf = async (url: string) => (await readAnswer(url)).body as Page<number>;

  it('a walk by sealed cursors returns each row once in each direction', async () => {
    const url = await start(SECRET_KEY);
    const forth: number[] = [];
    let page = await pageOf(`${url}/sealed?limit=5`);
    forth.push(...page.items);
    while (page.page.next !== null) {
      page = await pageOf(`${url}/sealed?limit=5&after=${page.page.next}`);
      forth.push(...page.items);
    }
    const back = [...page.items];
    while (page.page.previous) {
      page = await pageOf(`${url}/sealed?limit=5&before=${page.page.previous}`);
      back.unshift(...page.items);
    }
    expect(forth).toEqual(ROWS.map(({ id }) => id));
    expect(back).toEqual(forth);
  });

  it('a cursor of another route is a 400, sealed or signed', async () => {
    const url = await start(SECRET_KEY);
    const routes = ['sealed', 'other', 'signed'];
    for (const from of routes) {
      const { next } = (await pageOf(`${url}/${from}?limit=5`)).page;
      for (const to of routes) {
        const { status, body } = await readAnswer(`${url}/${to}?after=${next}`);
        expect([from, to, status]).toEqual([from, to, from === to ? 200 : 400]);
        if (from !== to) expect(body).toMatchObject({ code: 'ERR_PAGE_REQUEST', parameter: 'after' });
      }
    }
  });

  it('a walk survives the rotation of the key until it is removed', async () => {
    const { next } = (await pageOf(`${await start(SECRET_KEY)}/sealed?limit=5`)).page;
    const rotated = await pageOf(`${await start(B, SECRET_KEY)}/sealed?limit=5&after=${next}`);
    expect(rotated.items).toEqual([5, 6, 7, 8, 9]);
    const removed = await start(B);
    expect((await readAnswer(`${removed}/sealed?after=${next}`)).status).toBe(400);
    expect((await pageOf(`${removed}/sealed?limit=5&after=${rotated.page.next}`)).items[0]).toBe(10);
  });
});

it('two processes with the same key make the same cursor', () => {
  const program = `
    import { KeyRing, Page, ProductionConfig, resolvePage } from 'nestjs-production-config';
    const keys = new KeyRing(ProductionConfig.load(${JSON.stringify(keyEnv([SECRET_KEY]))}));
    const page = resolvePage({}, { pageSize: 1, maxPageSize: 1 }, { ...${JSON.stringify({ ...scope, keys: undefined })}, keys });
    process.stdout.write(Page.of([${JSON.stringify(KEY)}, ['', '']], page, (row) => row).page.next);
  `;
  const run = () =>
    execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      cwd: new URL('..', import.meta.url),
    });
  expect(run()).toBe(cursorOf(KEY, scope));
  expect(run()).toBe(cursorOf(KEY, scope));
});
