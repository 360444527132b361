import type { Provider } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { BaseConfig } from './config/base.config.js';
import { KeyRing } from './keys/key-ring.js';
import { PageRequestFilter } from './pagination/page-request.filter.js';
import { PageRoutes } from './pagination/page-routes.js';
import type { PaginationOptions } from './pagination/pagination.options.js';

const DEFAULT_FILTER = Symbol('DEFAULT_FILTER');

/** What bounds the lists of an application. */
export function paginationProviders(options: PaginationOptions | undefined): Provider[] {
  return [
    {
      provide: PageRoutes,
      inject: [BaseConfig, KeyRing],
      useFactory: (config: BaseConfig, keys: KeyRing) => new PageRoutes(config, keys, options),
    },
    PageRequestFilter,
    {
      provide: DEFAULT_FILTER,
      inject: [ApplicationConfig, PageRequestFilter],
      // Nest asks the last global filter first, and adds those of the application later.
      useFactory: (application: ApplicationConfig, filter: PageRequestFilter) =>
        application.addGlobalFilter(filter),
    },
  ];
}
