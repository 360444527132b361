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
 * One response would be sent to all who differ in a parameter that does not count.
 *
 * @throws ConfigDefinitionError naming every handler that takes query parameters which its `@CachePublic({ query })` omits
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
  const said = `${name}: @CachePublic({ query: [${counted.map((one) => `'${one}'`).join(', ')}] })`;
  return Object.entries(parameters)
    .filter(([parameter]) => parameter.startsWith(`${RouteParamtypes.QUERY}:`))
    .map(([, { data }]) => data)
    .filter((data) => typeof data !== 'string' || !counted.includes(data))
    .map((data) =>
      typeof data === 'string'
        ? `${said} does not count '${data}', which the handler takes with @Query(): add it to the list`
        : `${said} cannot tell what counts, since the handler takes the whole query with @Query(): take its parameters by name`,
    );
}
