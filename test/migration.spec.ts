import { inspect } from 'node:util';
import { CacheInterceptor, CacheModule, CacheTTL } from '@nestjs/cache-manager';
import {
  Controller,
  DefaultValuePipe,
  Get,
  Headers,
  Inject,
  Injectable,
  ParseIntPipe,
  Query,
  UseInterceptors,
  type DynamicModule,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import Joi from 'joi';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CachePublic,
  CacheVary,
  ConfigGroup,
  Env,
  Group,
  HttpCacheInterceptor,
  Paginate,
  PaginationInterceptor,
  ProductionConfig,
  ProductionConfigModule,
  Secret,
  type PageRequest,
} from 'nestjs-production-config';
import { ADAPTERS, type Adapter } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

/** The code that docs/migrating.md leaves unchanged: it imports neither the old modules nor the new ones. */
@Injectable()
class CustomersService {
  private readonly customers = Array.from({ length: 5000 }, (_, index) => ({ id: index + 1 }));

  constructor(@Inject(ConfigService) private readonly config: ConfigService) {}

  list(page: number, limit: number) {
    const items = this.customers.slice((page - 1) * limit, page * limit);
    return { items, total: this.customers.length, page, limit };
  }

  settings() {
    return { taxRate: this.config.get<number>('TAX_RATE'), region: this.config.get('REGION_UNSET', 'eu') };
  }
}

@Controller('customers')
@UseInterceptors(CacheInterceptor)
class StockController {
  constructor(@Inject(CustomersService) private readonly customers: CustomersService) {}

  @Get()
  list(@Query() { page = '1', limit = '20' }: { page?: string; limit?: string }) {
    return this.customers.list(parseInt(page, 10), parseInt(limit, 10));
  }

  @Get('settings')
  settings() {
    return this.customers.settings();
  }

  @Get('me')
  @CacheTTL(60_000)
  me(@Headers('authorization') user: string) {
    return { user };
  }
}

const stockImports = () => [
  ConfigModule.forRoot({
    isGlobal: true,
    ignoreEnvFile: true,
    validationSchema: Joi.object({ TAX_RATE: Joi.number().min(0).max(1).default(0.19) }),
  }),
  CacheModule.register({ isGlobal: true, ttl: 60_000 }),
];

@Controller('customers')
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
class MigratedController {
  constructor(@Inject(CustomersService) private readonly customers: CustomersService) {}

  @Get()
  @CachePublic()
  list(
    @Paginate() { limit }: PageRequest,
    @Query('page', new DefaultValuePipe(1), ParseIntPipe) page: number,
  ) {
    return this.customers.list(page, limit);
  }

  @Get('settings')
  @CachePublic()
  settings() {
    return this.customers.settings();
  }

  @Get('me')
  @CacheVary('authorization')
  @CacheTTL(60_000)
  me(@Headers('authorization') user: string) {
    return { user };
  }
}

class AppConfig extends ProductionConfig {
  @Env(Joi.number().min(0).max(1).default(0.19), { about: 'Tax rate' })
  readonly TAX_RATE!: number;
}

const migratedImports = () => [
  ProductionConfigModule.forRoot({
    config: AppConfig,
    env: { NODE_ENV: 'production', SECRET_KEY, PAGE_SIZE: '20', MAX_PAGE_SIZE: '100' },
  }),
];

async function start(
  adapter: Adapter,
  imports: (DynamicModule | Promise<DynamicModule>)[],
  controller: Type,
) {
  const testing = await Test.createTestingModule({
    imports,
    controllers: [controller],
    providers: [CustomersService],
  })
    .setLogger(new RecordingLogger())
    .compile();
  const app: INestApplication =
    adapter === 'fastify'
      ? testing.createNestApplication(new FastifyAdapter())
      : testing.createNestApplication();
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return async (path: string, headers: Record<string, string> = {}): Promise<unknown> =>
    (await fetch(`${url}/customers${path}`, { headers })).json();
}

const stock = (adapter: Adapter) => start(adapter, stockImports(), StockController);
const migrated = (adapter: Adapter) => start(adapter, migratedImports(), MigratedController);

describe.each(ADAPTERS)('a migrated service (%s)', (adapter) => {
  it.each(['', '?page=2', '?page=3&limit=50', '?limit=100', '?page=9999', '/settings'])(
    'sends the same response to %j as before, on the first request and the second',
    async (path) => {
      const [before, after] = [await stock(adapter), await migrated(adapter)];
      const expected = await before(path);
      expect([await after(path), await after(path)]).toEqual([expected, expected]);
    },
  );

  it('no longer sends more rows than MAX_PAGE_SIZE', async () => {
    const [before, after] = [await stock(adapter), await migrated(adapter)];
    expect(await before('?limit=1000000')).toMatchObject({ items: { length: 5000 } });
    expect(await after('?limit=1000000')).toMatchObject({ items: { length: 100 }, limit: 100 });
  });

  it("no longer sends one client another client's response", async () => {
    const [before, after] = [await stock(adapter), await migrated(adapter)];
    const asked = async (get: typeof before) => [
      await get('/me', { authorization: 'ada' }),
      await get('/me', { authorization: 'bob' }),
    ];
    expect(await asked(before)).toEqual([{ user: 'ada' }, { user: 'ada' }]);
    expect(await asked(after)).toEqual([{ user: 'ada' }, { user: 'bob' }]);
  });
});

describe('a namespace replaced by a group, as in docs/migrating.md', () => {
  class ShopConfig extends ConfigGroup {
    @Env(Joi.string(), { about: 'Sender of mails', name: 'MAIL_FROM' })
    readonly mailFrom!: string;

    @Secret(Joi.string().min(8), { about: 'Key of the mail service', name: 'MAIL_API_KEY' })
    readonly mailApiKey!: string;
  }

  class NamespaceConfig extends ProductionConfig {
    @Group(ShopConfig)
    readonly shop!: ShopConfig;
  }

  it('does not show a secret, and the secret can still be read', () => {
    const env = { SECRET_KEY, MAIL_FROM: 'shop@example.org', MAIL_API_KEY: 'x7Kq2Zt7Lw9v5sQb' };
    const config = NamespaceConfig.load(env);
    expect(config.shop.mailFrom).toBe('shop@example.org');
    expect(config.shop.mailApiKey).toBe('x7Kq2Zt7Lw9v5sQb');
    const options = { depth: 9, showHidden: true, getters: true };
    const shown = [config, config.shop, { ...config.shop }].map(
      (value) => inspect(value, options) + JSON.stringify(value),
    );
    expect(shown.join()).not.toContain('x7Kq2Zt7Lw9v5sQb');
  });
});
