import { Logger, type ExecutionContext } from '@nestjs/common';
import { HOST_METADATA, PATH_METADATA, SSE_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import type { BaseConfig } from '../config/base.config.js';
import { ConfigDefinitionError } from '../config/config.error.js';
import { nodeEnvOf } from '../config/sources/environment.source.js';
import type { KeyRing } from '../keys/key-ring.js';
import { PageError } from './page.error.js';
import { checkedLimits, type CheckedLimits } from './page-limits.js';
import { pageSizesOf } from './page-size.decorator.js';
import { pagingOf, type Paging } from './paging.metadata.js';
import type { PaginationOptions } from './pagination.options.js';

/** What is known of a route's lists. */
export interface PageRoute {
  readonly name: string;
  readonly limits: CheckedLimits;
  /** Whether what it returns leaves as it is. */
  readonly isOpen: boolean;
  /** Whether PaginationInterceptor bounds it; undefined as long as nobody has found out. */
  isBounded: boolean | undefined;
  /** How its handler takes the page; undefined where it does not. */
  readonly paging: Paging | undefined;
  /** What tells its lists from others on the same path: its version and host. */
  readonly scope: string;
  /** What was warned of already. */
  readonly warned: Set<string>;
}

/** The routes of an application, and the pages that each of them grants. */
export class PageRoutes {
  private readonly isStrict: boolean;
  private readonly logger = new Logger('Pagination');
  private readonly limits: CheckedLimits;
  private readonly routes = new WeakMap<Function, WeakMap<Function, PageRoute>>();

  constructor(
    config: BaseConfig,
    readonly keys: KeyRing,
    { maxOffset, overrun }: PaginationOptions = {},
  ) {
    this.limits = checkedLimits({
      pageSize: config.PAGE_SIZE,
      maxPageSize: config.MAX_PAGE_SIZE,
      maxOffset,
    });
    const nodeEnv = config.NODE_ENV ?? nodeEnvOf({});
    const policy = overrun ?? (nodeEnv === 'test' ? 'error' : 'truncate');
    if (policy !== 'error' && policy !== 'truncate') {
      throw new ConfigDefinitionError("pagination.overrun must be 'truncate' or 'error'");
    }
    this.isStrict = policy === 'error';
  }

  /** The route of a request. */
  of(context: ExecutionContext): PageRoute {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    let handlers = this.routes.get(controller);
    if (handlers === undefined) this.routes.set(controller, (handlers = new WeakMap()));
    let route = handlers.get(handler);
    if (route === undefined) handlers.set(handler, (route = this.routeOf(controller, handler)));
    return route;
  }

  /** Says once for each route what should be mended there. */
  warn(route: PageRoute, topic: string, what: string): void {
    if (route.warned.has(topic)) return;
    route.warned.add(topic);
    this.logger.warn(`${route.name} ${what} Said once for this route.`);
  }

  /**
   * A list was longer than its page.
   *
   * @throws PageError with `overrun: 'error'`
   */
  overrun(route: PageRoute, what: string): void {
    if (this.isStrict) throw new PageError('ERR_PAGE_OVERRUN', `${route.name} ${what}`);
    this.warn(route, 'overrun', what);
  }

  /** @throws ConfigDefinitionError naming every route whose page size bounds nothing, or too much for MAX_PAGE_SIZE */
  check(controllers: Iterable<Function>): void {
    const scanner = new MetadataScanner();
    const problems = [...controllers].flatMap((controller) => {
      const prototype = controller.prototype as Record<string, Function>;
      return scanner
        .getAllMethodNames(prototype)
        .map((name) => prototype[name]!)
        .filter((method) => Reflect.hasMetadata(PATH_METADATA, method))
        .map((handler) => this.problemOf(controller, handler))
        .filter((problem) => problem !== undefined);
    });
    if (problems.length > 0) throw new ConfigDefinitionError(problems.join('\n'));
  }

  private routeOf(controller: Function, handler: Function): PageRoute {
    const sizes = pageSizesOf(controller, handler);
    const key = keyOf(controller, handler);
    return {
      name: `${controller.name}.${key}`,
      limits: sizes ? { ...this.limits, pageSize: sizes.size, maxPageSize: sizes.max } : this.limits,
      isOpen: sizes === null || Reflect.hasMetadata(SSE_METADATA, handler),
      paging: pagingOf(controller.prototype as object, key),
      scope: scopeOf(controller, handler),
      isBounded: undefined,
      warned: new Set(),
    };
  }

  private problemOf(controller: Function, handler: Function): string | undefined {
    const sizes = pageSizesOf(controller, handler);
    if (!sizes) return undefined;
    const { size, max } = sizes;
    const said = `${controller.name}.${keyOf(controller, handler)}: @PageSize(${size}${Object.is(max, size) ? '' : `, { max: ${max} }`})`;
    if (![size, max].every(Number.isSafeInteger) || size < 1 || max < size) {
      return `${said} must be whole numbers of rows, 1 <= size <= max`;
    }
    if (max <= this.limits.maxPageSize) return undefined;
    return `${said} is beyond MAX_PAGE_SIZE (${this.limits.maxPageSize}), which is PAGE_SIZE where it is not set: lower one or raise the other`;
  }
}

/** The name of the method, which a function that a decorator put in its place may not have. */
function keyOf({ prototype }: Function, handler: Function): string {
  const methods = prototype as Record<string, unknown>;
  return (
    new MetadataScanner().getAllMethodNames(methods).find((name) => methods[name] === handler) ?? handler.name
  );
}

function scopeOf(controller: Function, handler: Function): string {
  const version: unknown =
    Reflect.getMetadata(VERSION_METADATA, handler) ?? Reflect.getMetadata(VERSION_METADATA, controller);
  const host: unknown = Reflect.getMetadata(HOST_METADATA, controller);
  return version === undefined && host === undefined
    ? ''
    : ` ${JSON.stringify([String(version), String(host)])}`;
}
