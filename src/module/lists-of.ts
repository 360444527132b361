import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { interceptorsOf, isA } from '../cache/index.js';
import {
  type ListsReport,
  PaginationInterceptor,
  type PageRoutes,
  reportLists,
} from '../pagination/index.js';
import { controllersOf } from './route-interceptors.js';

/** The routes of an application whose lists are paged, for the operations page. */
export function listsOf(
  modules: ModulesContainer,
  application: ApplicationConfig,
  routes: PageRoutes,
): ListsReport {
  return reportLists(routes, controllersOf(modules), (controller, handler) =>
    interceptorsOf(controller, handler, application).some((one) => isA(one, PaginationInterceptor)),
  );
}
