import {
  Controller,
  Get,
  UseInterceptors,
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';

const rows = (count: number, first: number) => Array.from({ length: count }, (_, index) => first + index);

class ListController {
  @Get('plain')
  plain(@Paginate() page: PageRequest) {
    return rows(page.take, page.offset);
  }

  @Get('sorted')
  sorted(@Paginate({ sort: ['name'] }) page: PageRequest<[string]>) {
    const first = page.after === undefined ? 0 : Number(page.after[0].slice(1, -1)) + 1;
    // Leading and trailing spaces are part of a key.
    return Page.of(rows(page.take, first), page, (row) => [` ${row} `]);
  }
}

@Controller('bounded')
@UseInterceptors(PaginationInterceptor)
class BoundedController extends ListController {}

@Controller('open')
class OpenController extends ListController {}

/** Applies a change to every text in a value. */
function mapTexts(value: unknown, change: (text: string) => unknown, depth = 0): unknown {
  if (depth > 50) throw new Error('the value has a circle');
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, depth + 1));
  const entries = Object.entries(value).map(([name, item]) => [name, mapTexts(item, change, depth + 1)]);
  return Object.fromEntries(entries) as unknown;
}

function deepFreeze<T>(value: T, depth = 0): T {
  if (depth > 50) throw new Error('the value has a circle');
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) deepFreeze(item, depth + 1);
    Object.freeze(value);
  }
  return value;
}

const seen: unknown[] = [];
const pipes: Record<string, (value: unknown, metadata: ArgumentMetadata) => unknown> = {
  'trims every text': (value) => mapTexts(value, (text) => text.trim()),
  'converts texts to lower case': (value) => mapTexts(value, (text) => text.toLowerCase()),
  'converts texts to upper case': (value) => mapTexts(value, (text) => text.toUpperCase()),
  'converts numeric texts to numbers': (value) =>
    mapTexts(value, (text) => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : text)),
  'converts empty texts to null': (value) => mapTexts(value, (text) => (text === '' ? null : text)),
  'escapes HTML': (value) => mapTexts(value, (text) => text.replace(/[<>&"'/`=]/g, '&amp;')),
  'copies values by JSON': (value) =>
    value === undefined ? value : (JSON.parse(JSON.stringify(value)) as unknown),
  'copies values by structuredClone()': (value) => structuredClone(value),
  'copies values by spread': (value) => (typeof value === 'object' && value !== null ? { ...value } : value),
  'freezes values': (value) => deepFreeze(value),
  'refuses circular values': (value) => (mapTexts(value, (text) => text), value),
  'records values': (value) => (seen.push(value), value),
  'is asynchronous': async (value) => Promise.resolve(value),
};

const validation: Record<string, ConstructorParameters<typeof ValidationPipe>[0]> = {
  transform: { transform: true, transformOptions: { enableImplicitConversion: true } },
  whitelist: { whitelist: true, forbidNonWhitelisted: true },
  forbidUnknownValues: { forbidUnknownValues: true },
  'all options, including validateCustomDecorators': {
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validateCustomDecorators: true,
  },
};

describe.each(ADAPTERS)('on %s', (adapter) => {
  const start = (...global: PipeTransform[]) =>
    startApp(
      adapter,
      [BoundedController, OpenController],
      {},
      {
        prepare: (app) => void app.useGlobalPipes(...global),
      },
    );

  async function expectPages(url: string): Promise<void> {
    for (const path of ['bounded', 'open']) {
      const unasked = await readAnswer(`${url}/${path}/plain`);
      expect([unasked.status, unasked.body]).toEqual([200, rows(path === 'open' ? 101 : 100, 0)]);
      const plain = await readAnswer(`${url}/${path}/plain?limit=2&offset=4`);
      expect([plain.status, plain.body]).toEqual([200, rows(path === 'open' ? 3 : 2, 4)]);
      const first = await readAnswer(`${url}/${path}/sorted?limit=2`);
      expect(first.body).toMatchObject({ items: [0, 1], page: { limit: 2, hasMore: true } });
      const { next } = (first.body as Page<number>).page;
      const second = await readAnswer(`${url}/${path}/sorted?limit=2&after=${next}`);
      expect(second.body).toMatchObject({ items: [2, 3] });
      expect((await readAnswer(`${url}/${path}/plain?limit=%202`)).status).toBe(400);
      expect((await readAnswer(`${url}/${path}/plain?limit=2&limit=3`)).status).toBe(400);
      expect((await readAnswer(`${url}/${path}/sorted?after=forged`)).status).toBe(400);
    }
  }

  it.each(Object.entries(pipes))(
    '@Paginate() works behind a global pipe that %s',
    async (_what, transform) => {
      const { url } = await start({ transform });
      await expectPages(url);
    },
  );

  it.each(Object.entries(validation))(
    '@Paginate() works behind ValidationPipe with %s',
    async (_what, options) => {
      const { url } = await start(new ValidationPipe(options));
      await expectPages(url);
    },
  );

  it('@Paginate() works behind all these pipes together', async () => {
    const { url } = await start(
      ...Object.values(pipes).map((transform) => ({ transform })),
      ...Object.values(validation).map((options) => new ValidationPipe(options)),
    );
    await expectPages(url);
  });

  it('no pipe sees the request or any other object', async () => {
    const { url } = await start({ transform: pipes['records values']! });
    seen.length = 0;
    await readAnswer(`${url}/bounded/plain?limit=2&token=secret`);
    expect(seen.map((value) => typeof value)).toEqual(['string']);
    const [, digits = ''] = String(seen[0]).split('.');
    const sent = JSON.parse(Buffer.from(digits, 'hex').toString()) as unknown;
    expect(sent).toEqual({ limit: '2' });
  });
});
