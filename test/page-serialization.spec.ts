import {
  ClassSerializerInterceptor,
  Controller,
  Get,
  Injectable,
  SerializeOptions,
  UseInterceptors,
  type CallHandler,
  type ClassSerializerContextOptions,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Exclude, Expose, instanceToInstance, instanceToPlain, Type } from 'class-transformer';
import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  Page,
  Paginate,
  PaginationInterceptor,
  type PageInfo,
  type PageRequest,
} from 'nestjs-production-config';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';

class User {
  @Expose()
  readonly id: number;

  @Expose({ groups: ['admin'] })
  readonly email: string;

  @Exclude()
  readonly password = 'kept back';

  readonly note = 'not exposed';

  constructor(id: number) {
    this.id = id;
    this.email = `${id}@example.com`;
  }
}

class UserDto {
  @Expose()
  readonly id!: number;
}

/** An application's class for a whole response. */
class UserPage {
  @Expose()
  @Type(() => UserDto)
  readonly items!: UserDto[];

  @Expose()
  readonly page!: PageInfo;
}

const users = (count: number) => Array.from({ length: count }, (_, id) => new User(id));

/** A custom serializer, like those of packages for other formats. */
@Injectable()
class OwnSerializer implements NestInterceptor {
  static serialize: (body: unknown) => unknown;

  intercept(_context: unknown, next: CallHandler) {
    return next.handle().pipe(map((body) => OwnSerializer.serialize(body)));
  }
}

@Controller('users')
@UseInterceptors(PaginationInterceptor)
class UsersController {
  @Get()
  list(@Paginate() page: PageRequest) {
    return Page.of(users(page.take), page, { total: 7 });
  }

  @Get('uncounted')
  uncounted(@Paginate() page: PageRequest) {
    return Page.of(users(page.take), page);
  }

  @Get('array')
  array(@Paginate() page: PageRequest) {
    return users(page.take);
  }

  @Get('typed')
  @SerializeOptions({ type: UserPage, excludeExtraneousValues: true })
  typed(@Paginate() page: PageRequest) {
    return Page.of(users(page.take), page);
  }

  @Get('typed-items')
  @SerializeOptions({ type: UserDto, excludeExtraneousValues: true })
  typedItems(@Paginate() page: PageRequest) {
    return users(page.take);
  }
}

@Controller('own')
@UseInterceptors(OwnSerializer, PaginationInterceptor)
class OwnController extends UsersController {}

const page = { limit: 2, hasMore: true, next: null };

describe.each(ADAPTERS)('on %s, a Page', (adapter) => {
  const start = (options: ClassSerializerContextOptions) =>
    startApp(
      adapter,
      [UsersController],
      {},
      {
        prepare: (app: INestApplication) =>
          void app.useGlobalInterceptors(new ClassSerializerInterceptor(app.get(Reflector), options)),
      },
    );

  it.each<[string, ClassSerializerContextOptions, object]>([
    ['by default', {}, { id: 0, note: 'not exposed' }],
    ['with excludeExtraneousValues', { excludeExtraneousValues: true }, { id: 0 }],
    ['with strategy: excludeAll', { strategy: 'excludeAll' }, { id: 0 }],
    [
      'with both',
      { strategy: 'excludeAll', excludeExtraneousValues: true, exposeUnsetFields: false },
      { id: 0 },
    ],
    ['for a group', { groups: ['admin'] }, { id: 0, note: 'not exposed', email: '0@example.com' }],
    [
      'for a group with excludeExtraneousValues',
      { groups: ['admin'], excludeExtraneousValues: true },
      { id: 0, email: '0@example.com' },
    ],
    ['for a version with excludeExtraneousValues', { version: 2, excludeExtraneousValues: true }, { id: 0 }],
    [
      'with decorators ignored',
      { ignoreDecorators: true },
      { id: 0, note: 'not exposed', email: '0@example.com', password: 'kept back' },
    ],
    ['with enableCircularCheck', { enableCircularCheck: true, strategy: 'excludeAll' }, { id: 0 }],
  ])('is complete, and its items follow the rules of their class %s', async (_how, options, item) => {
    const { url } = await start(options);
    for (const path of ['', '/uncounted', '/array']) {
      const { body, link } = await readAnswer(`${url}/users${path}?limit=2`);
      const { items = body, ...more } = body as { readonly items?: unknown[] };
      expect([path, items[0]]).toEqual([path, item]);
      expect(items).toHaveLength(2);
      if (path === '') expect(more).toEqual({ page: { ...page, total: 7 } });
      if (path === '/uncounted') expect(more).toEqual({ page });
      expect(link).toBe('<?limit=2&offset=2>; rel="next"');
    }
  });

  it('is serialized with the type of the whole response, and an array with the type of its items', async () => {
    const { url } = await start({});
    const items = [{ id: 0 }, { id: 1 }];
    expect((await readAnswer(`${url}/users/typed?limit=2`)).body).toEqual({ items, page });
    expect((await readAnswer(`${url}/users/typed-items?limit=2`)).body).toEqual(items);
  });

  it.each<[string, (body: unknown) => unknown]>([
    ['instanceToPlain()', (body) => instanceToPlain(body, { excludeExtraneousValues: true })],
    ['instanceToInstance()', (body) => instanceToPlain(instanceToInstance(body, { strategy: 'excludeAll' }))],
    ['structuredClone()', (body) => structuredClone(body)],
    ['a spread', (body) => ({ ...(body as object) })],
    ['JSON', (body) => JSON.parse(JSON.stringify(body)) as unknown],
  ])('is complete after %s', async (_name, serialize) => {
    OwnSerializer.serialize = serialize;
    const { url } = await startApp(adapter, [OwnController]);
    const { body } = await readAnswer(`${url}/own/uncounted?limit=2`);
    expect(body).toMatchObject({ items: [{ id: 0 }, { id: 1 }], page });
  });
});
