import {
  Controller,
  Get,
  Module,
  UseInterceptors,
  type CallHandler,
  type NestInterceptor,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PaginationInterceptor, ProductionConfigModule } from 'nestjs-production-config';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { map } from 'rxjs';
import { productOf, type Product } from './support/products.js';

/** The cost of a request for the list. */
export interface Served {
  readonly status: number;
  readonly rowsSent: number;
  readonly rowsMade: number;
  /** When the handler created its last row. */
  readonly heapGrowth: number;
}

const ROWS = 1_000_000;
let rowsMade = 0;
let heapAtLastRow = 0;

@Controller('generated')
@UseInterceptors(PaginationInterceptor)
class GeneratedController {
  @Get()
  async *list(): AsyncGenerator<Product> {
    try {
      while (rowsMade < ROWS) yield productOf(rowsMade++);
    } finally {
      heapAtLastRow = process.memoryUsage().heapUsed;
    }
  }
}

@Controller('streamed')
@UseInterceptors(PaginationInterceptor)
class StreamedController {
  @Get()
  list(): Readable {
    return new Readable({
      objectMode: true,
      read() {
        this.push(rowsMade < ROWS ? productOf(rowsMade++) : null);
      },
      destroy(error, done) {
        heapAtLastRow = process.memoryUsage().heapUsed;
        done(error);
      },
    });
  }
}

/** The usual snippet: it cuts a list that the handler has already created. */
class SlicingInterceptor implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler<unknown[]>) {
    return next.handle().pipe(map((rows) => rows.slice(0, 100)));
  }
}

@Controller('sliced')
@UseInterceptors(SlicingInterceptor)
class SlicedController {
  @Get()
  list(): Product[] {
    const rows: Product[] = [];
    while (rowsMade < ROWS) rows.push(productOf(rowsMade++));
    heapAtLastRow = process.memoryUsage().heapUsed;
    return rows;
  }
}

@Module({
  imports: [ProductionConfigModule.forRoot()],
  controllers: [GeneratedController, StreamedController, SlicedController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false });
const server = await app.listen(0, '127.0.0.1');
const { port } = server.address() as { port: number };

globalThis.gc!();
const before = process.memoryUsage().heapUsed;
const [response] = (await once(get({ port, path: `/${process.argv[2]}` }), 'response')) as [IncomingMessage];
const rows = JSON.parse(await text(response)) as unknown[];
const served: Served = {
  status: response.statusCode ?? 0,
  rowsSent: rows.length,
  rowsMade,
  heapGrowth: heapAtLastRow - before,
};
process.stdout.write(JSON.stringify(served));
process.exit();
