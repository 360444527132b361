import { CACHE_TTL_METADATA } from '@nestjs/cache-manager';
import { ClassSerializerInterceptor, type ExecutionContext } from '@nestjs/common';
import {
  HOST_METADATA,
  PATH_METADATA,
  REDIRECT_METADATA,
  RENDER_METADATA,
  RESPONSE_PASSTHROUGH_METADATA,
  ROUTE_ARGS_METADATA,
  SSE_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { MetadataScanner, type ApplicationConfig } from '@nestjs/core';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { cacheScopeOf, type CacheScope } from './cache-scope.decorator.js';
import { interceptorsOf, isA, isExactly } from './interceptor-order.js';
import { type TagsOf, cacheTagsOf } from './tags-of-request.js';

/** Milliseconds, as in @CacheTTL(). */
type RouteTtl = number | ((context: ExecutionContext) => number | Promise<number>);

// A route that varies by more headers than this is not cached.
const MAX_NAMES = 32;

/** A route whose responses are cached. */
export class CachedRoute {
  readonly name: string;
  /** Unique for each route, and the same in every process and release as long as the names do not change. */
  readonly identity: string;
  /** It serves several versions, so the key contains the requested version. */
  readonly hasVersions: boolean;
  /** The value of `@CacheTTL()`. */
  readonly ttl: RouteTtl | undefined;
  /** The functions of `@CacheTags()`. */
  readonly tags: readonly TagsOf<unknown>[];
  /** Nothing outside the cache sees the handler's value, so storing the text is enough. */
  isDirect: boolean;
  /** Only ClassSerializerInterceptor is outside the cache. It depends on the value alone, and passes strings through. */
  readonly isSerialized: boolean;
  /** The request headers in the cache key, sorted: those that the route names, and those in the Vary of its responses. */
  names: readonly string[];

  constructor(
    controller: Function,
    key: string,
    handler: Function,
    readonly scope: CacheScope,
    application: ApplicationConfig,
    cache: Function,
  ) {
    this.name = `${controller.name}.${key}`;
    const version =
      readMetadata(VERSION_METADATA, handler) ??
      readMetadata(VERSION_METADATA, controller) ??
      application.getVersioning()?.defaultVersion;
    const declared = [
      readMetadata(PATH_METADATA, controller),
      readMetadata(PATH_METADATA, handler),
      version,
      readMetadata(HOST_METADATA, controller),
    ];
    this.identity = JSON.stringify([this.name, ...declared.map((one) => [one].flat().map(String))]);
    this.hasVersions = Array.isArray(version);
    this.ttl = (readMetadata(CACHE_TTL_METADATA, handler) ?? readMetadata(CACHE_TTL_METADATA, controller)) as
      | RouteTtl
      | undefined;
    this.tags = cacheTagsOf(controller, handler);
    const order = interceptorsOf(controller, handler, application);
    const place = order.findIndex((interceptor) => isA(interceptor, cache));
    const outside = place === -1 ? order : order.slice(0, place);
    this.isSerialized =
      outside.length > 0 && outside.every((one) => isExactly(one, ClassSerializerInterceptor));
    this.isDirect = outside.length === 0 || this.isSerialized;
    this.names = scope.headers;
  }

  /** Adds request headers by which its responses vary. Returns false if there are too many. */
  addVaryNames(names: readonly string[]): boolean {
    const all = [...new Set([...this.names, ...names])].toSorted();
    if (all.length > MAX_NAMES) return false;
    if (all.length > this.names.length) this.names = all;
    return true;
  }
}

/** The cached route of a handler; undefined if it is not marked, or if Nest does not write its response as a whole. */
export function cachedRoute(
  controller: Function,
  handler: Function,
  application: ApplicationConfig,
  cache: Function,
): CachedRoute | undefined {
  const scope = cacheScopeOf(controller, handler);
  if (
    scope === undefined ||
    [REDIRECT_METADATA, RENDER_METADATA, SSE_METADATA].some((key) => readMetadata(key, handler))
  ) {
    return undefined;
  }
  const key = keyOf(controller, handler);
  return writesOwnResponse(controller, key)
    ? undefined
    : new CachedRoute(controller, key, handler, scope, application, cache);
}

/** The name of the method. A function with which a decorator replaced it may have another name. */
function keyOf({ prototype }: Function, handler: Function): string {
  const methods = prototype as Record<string, unknown>;
  const names = new MetadataScanner().getAllMethodNames(methods);
  return names.find((name) => methods[name] === handler) ?? handler.name;
}

/** Whether the handler writes the response itself: `@Res()` or `@Next()` without passthrough. */
function writesOwnResponse(controller: Function, key: string): boolean {
  const parameters = Object.keys(
    (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, key) ?? {}) as Record<string, unknown>,
  );
  const takes = [RouteParamtypes.RESPONSE, RouteParamtypes.NEXT].some((kind) =>
    parameters.some((parameter) => parameter.startsWith(`${kind}:`)),
  );
  return takes && Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, controller, key) !== true;
}

function readMetadata(key: string, target: Function): unknown {
  return Reflect.getMetadata(key, target) as unknown;
}
