import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ConfigDefinitionError } from '../../config/index.js';
import { cacheScopeOf } from './cache-scope.decorator.js';

interface CachedHandler {
  readonly controller: Function;
  readonly handler: Function;
  /** The class and the method. */
  readonly name: string;
}

/**
 * Refuses handlers that read a query parameter which is not part of the cache key: requests that differ in it would get
 * the same response.
 *
 * @throws ConfigDefinitionError naming every handler that reads query parameters which its `@CachePublic({ query })` omits
 */
export function checkCountedQueries(routes: readonly CachedHandler[]): void {
  const problems = routes.flatMap((route) => {
    const counted = cacheScopeOf(route.controller, route.handler)?.query;
    const key = route.name.slice(route.name.lastIndexOf('.') + 1);
    return counted === undefined ? [] : problemsOf(route, key, counted);
  });
  if (problems.length > 0) throw new ConfigDefinitionError(problems.join('\n'));
}

function problemsOf({ controller, name }: CachedHandler, key: string, counted: readonly string[]): string[] {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, key) ?? {}) as Record<
    string,
    { readonly data?: unknown }
  >;
  const decorator = `${name}: @CachePublic({ query: [${counted.map((one) => `'${one}'`).join(', ')}] })`;
  return Object.entries(parameters)
    .filter(([parameter]) => parameter.startsWith(`${RouteParamtypes.QUERY}:`))
    .map(([, { data }]) => data)
    .filter((data) => typeof data !== 'string' || !counted.includes(data))
    .map((data) =>
      typeof data === 'string'
        ? `${decorator} omits '${data}', which the handler reads with @Query(): add it to the list`
        : `${decorator} does not allow a handler to read the whole query with @Query(): read its parameters by name`,
    );
}
