import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import {
  CachePublic,
  HttpCacheInterceptor,
  Page,
  Paginate,
  PaginationInterceptor,
  PageSize,
  type PageRequest,
} from 'nestjs-production-config';
import { ApiPage } from 'nestjs-production-config/swagger';

class Item {
  @ApiProperty()
  readonly id!: number;
}

@Controller()
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
export class ListsController {
  private made = 0;
  private open = 0;

  @Get('items')
  items(@Paginate() page: PageRequest): Item[] {
    return itemsFrom(page.offset, page.take);
  }

  @Get('pages')
  @ApiPage(Item)
  @PageSize(5)
  pages(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>): Page<Item> {
    return Page.of(itemsFrom(page.after === undefined ? 0 : page.after[0] + 1, page.take), page, ({ id }) => [
      id,
    ]);
  }

  @Get('cached')
  @CachePublic()
  cached(): { readonly made: number } {
    return { made: ++this.made };
  }

  /** Endless: only the interceptor stops it. */
  @Get('stream')
  async *stream(): AsyncGenerator<Item> {
    this.open++;
    try {
      for (let id = 0; ; id++) yield { id };
    } finally {
      this.open--;
    }
  }

  @Get('open')
  sources(): { readonly open: number } {
    return { open: this.open };
  }
}

function itemsFrom(first: number, count: number): Item[] {
  return Array.from({ length: count }, (_, index) => ({ id: first + index }));
}
