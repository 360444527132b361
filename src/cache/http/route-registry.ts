import { type ExecutionContext, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { type ApplicationConfig, MetadataScanner } from '@nestjs/core';
import { type CachedRoute, cachedRoute } from './cached-route.js';

/** The cached routes of an application. The metadata of each is read once. */
export class RouteRegistry {
  private readonly known = new WeakMap<Function, Map<Function, CachedRoute | undefined>>();

  private readonly getHandlers = new WeakMap<Function, Function[]>();

  constructor(private readonly application: ApplicationConfig) {}

  /** The route of a request; undefined if its responses are not cached. */
  of(context: ExecutionContext, interceptor: Function): CachedRoute | undefined {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    let routes = this.known.get(controller);
    if (routes === undefined) this.known.set(controller, (routes = new Map()));
    if (!routes.has(handler)) {
      routes.set(handler, cachedRoute(controller, handler, this.application, interceptor));
    }
    return routes.get(handler);
  }

  /** The cached GET routes of a request's controller, each with the context that a GET would have. */
  getSiblings(context: ExecutionContext, interceptor: Function): [CachedRoute, ExecutionContext][] {
    const controller = context.getClass();
    let getHandlers = this.getHandlers.get(controller);
    if (getHandlers === undefined)
      this.getHandlers.set(controller, (getHandlers = getHandlersOf(controller)));
    return getHandlers
      .map((handler) => {
        const sibling = Object.create(context, { getHandler: { value: () => handler } }) as ExecutionContext;
        return [this.of(sibling, interceptor), sibling] as const;
      })
      .filter((pair): pair is [CachedRoute, ExecutionContext] => pair[0] !== undefined);
  }
}

function getHandlersOf({ prototype }: Function): Function[] {
  const methods = prototype as Record<string, Function>;
  return new MetadataScanner()
    .getAllMethodNames(methods)
    .map((name) => methods[name]!)
    .filter((handler) => Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.GET);
}
