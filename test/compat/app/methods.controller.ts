import { Controller, Get, Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Cacheable, CacheEvict } from 'nestjs-production-config';

@Injectable()
export class Stock {
  runs = 0;

  @Cacheable({ ttlSeconds: 60 })
  async count(id: number): Promise<{ id: number; run: number }> {
    return { id, run: ++this.runs };
  }

  @CacheEvict({ method: 'count', key: (id) => id })
  async sell(id: number, amount: number): Promise<number> {
    return id * amount;
  }
}

/** An instance for each request. */
@Injectable({ scope: Scope.REQUEST })
export class Prices {
  static runs = 0;

  constructor(
    @Inject(REQUEST) private readonly request: { readonly headers: { readonly 'x-tenant': string } },
  ) {}

  @Cacheable({ instanceKey: ({ request }) => request.headers['x-tenant'] })
  async of(id: number): Promise<string> {
    Prices.runs++;
    return `${this.request.headers['x-tenant']} ${id}`;
  }
}

/** Cached methods of providers. */
@Controller('methods')
export class MethodsController {
  constructor(
    private readonly stock: Stock,
    private readonly prices: Prices,
  ) {}

  @Get('stock')
  async counts() {
    const counts = [await this.stock.count(1), await this.stock.count(1)];
    await this.stock.sell(1, 5);
    counts.push(await this.stock.count(1));
    return counts.map(({ run }) => run);
  }

  @Get('price')
  async price() {
    return { price: await this.prices.of(1), runs: Prices.runs };
  }
}
