import type { ExecutionContext } from '@nestjs/common';
import {
  HOST_METADATA,
  ROUTE_ARGS_METADATA,
  SSE_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { MetadataScanner } from '@nestjs/core';
import { pageSizesOf, type PageSizes } from './page-size.decorator.js';
import { pagingOf, type Paging } from './paging.metadata.js';

/** What the decorators of a controller and its handler declare about the lists of the route. */
export interface DeclaredRoute {
  readonly name: string;
  /** Null for `@Unpaginated()`, undefined without a declaration. */
  readonly sizes: PageSizes | null | undefined;
  /** Whether its results are sent uncut. */
  readonly isUnpaginated: boolean;
  /** How its handler takes the page; undefined if it takes none. */
  readonly paging: Paging | undefined;
  /** Whether a parameter of its handler is the whole part of the request that has the page parameters. */
  readonly sharesInput: boolean;
  /** Whether its handler takes parameters but no page, and so may call `resolvePage()`. */
  readonly mayResolve: boolean;
  /** Distinguishes its lists from others on the same path: its version and host. */
  readonly scope: string;
}

const routes = new WeakMap<Function, WeakMap<Function, DeclaredRoute>>();

/** The route of a request. */
export function declaredRoute(context: Pick<ExecutionContext, 'getClass' | 'getHandler'>): DeclaredRoute {
  const [controller, handler] = [context.getClass(), context.getHandler()];
  let handlers = routes.get(controller);
  if (handlers === undefined) routes.set(controller, (handlers = new WeakMap()));
  let route = handlers.get(handler);
  if (route === undefined) handlers.set(handler, (route = routeOf(controller, handler)));
  return route;
}

function routeOf(controller: Function, handler: Function): DeclaredRoute {
  const sizes = pageSizesOf(controller, handler);
  const key = handlerKey(controller, handler);
  const paging = pagingOf(controller.prototype as object, key);
  const parameters = Object.entries(
    (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, key) ?? {}) as Readonly<
      Record<string, { data?: unknown }>
    >,
  );
  const whole = `${paging?.from === 'body' ? RouteParamtypes.BODY : RouteParamtypes.QUERY}:`;
  return {
    name: `${controller.name}.${key}`,
    sizes,
    isUnpaginated: sizes === null || Reflect.hasMetadata(SSE_METADATA, handler),
    paging,
    sharesInput: parameters.some(([type, { data }]) => type.startsWith(whole) && data === undefined),
    mayResolve: paging === undefined && (handler.length > 0 || parameters.length > 0),
    scope: scopeOf(controller, handler),
  };
}

/** The name of the method. A decorator may have replaced the function, so that its own name differs. */
export function handlerKey({ prototype }: Function, handler: Function): string {
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
