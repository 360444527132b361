import {
  Controller,
  Get,
  Module,
  Query,
  UseInterceptors,
  type CallHandler,
  type INestApplication,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  Page,
  Paginate,
  PaginationInterceptor,
  ProductionConfigModule,
  type PageRequest,
} from 'nestjs-production-config';
import { serveLoad } from './support/served-load.js';
import { productsFrom, type Product } from './support/products.js';

const table = productsFrom(0, 10_000);
const firstPage = table.slice(0, 100);

class PassingInterceptor implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler) {
    return next.handle();
  }
}

@Controller('products')
class PlainController {
  @Get()
  list(): Product[] {
    return firstPage;
  }
}

@Controller('products')
@UseInterceptors(PassingInterceptor)
class PassingController extends PlainController {}

@Controller('products')
class TakenController {
  @Get()
  list(@Paginate() { offset, limit }: PageRequest): Product[] {
    return table.slice(offset, offset + limit);
  }
}

@Controller('products')
@UseInterceptors(PaginationInterceptor)
class BoundedController extends PlainController {}

class QueriedList {
  @Get()
  list(@Query() _query: unknown): Product[] {
    return firstPage;
  }
}

@Controller('products')
@UseInterceptors(PassingInterceptor)
class QueriedController extends QueriedList {}

@Controller('products')
@UseInterceptors(PaginationInterceptor)
class ResolvingController extends QueriedList {}

@Controller('products')
@UseInterceptors(PaginationInterceptor)
class PaginatedController {
  /** Returns one row more than the page, so that the response also has a Link header. */
  @Get()
  list(@Paginate() { offset, take }: PageRequest): Product[] {
    return table.slice(offset, offset + take);
  }
}

@Controller('products')
@UseInterceptors(PaginationInterceptor)
class WalkedController {
  /** The id of a product is its index in the table. */
  @Get()
  list(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>): Page<Product> {
    const first = page.after === undefined ? 0 : page.after[0] + 1;
    return Page.of(table.slice(first, first + page.take), page, ({ id }) => [id]);
  }
}

const controllers: Readonly<Record<string, Type>> = {
  plain: PlainController,
  passing: PassingController,
  taken: TakenController,
  bounded: BoundedController,
  queried: QueriedController,
  resolving: ResolvingController,
  paginated: PaginatedController,
  walked: WalkedController,
};

const [, , adapter, variant = ''] = process.argv;

@Module({ imports: [ProductionConfigModule.forRoot()], controllers: [controllers[variant]!] })
class AppModule {}

const app: INestApplication =
  adapter === 'fastify'
    ? await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger: false })
    : await NestFactory.create(AppModule, { logger: false });
await serveLoad(app);
