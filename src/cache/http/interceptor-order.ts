import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import type { ApplicationConfig } from '@nestjs/core';

/** The interceptors of a route, as instances or classes, outermost first. */
export function interceptorsOf(
  controller: Function,
  handler: Function,
  application: ApplicationConfig,
): unknown[] {
  const listed = [controller, handler].flatMap(
    (target) => (Reflect.getMetadata(INTERCEPTORS_METADATA, target) ?? []) as unknown[],
  );
  return [
    ...application.getGlobalInterceptors(),
    ...application.getGlobalRequestInterceptors().map(({ metatype }) => metatype),
    ...listed,
  ];
}

/** Whether an interceptor is of this type or a subclass. */
export function isA(interceptor: unknown, type: Function): boolean {
  return (
    interceptor instanceof type ||
    (typeof interceptor === 'function' && (interceptor === type || interceptor.prototype instanceof type))
  );
}

/** Whether an interceptor is of exactly this type, not of a subclass. */
export function isExactly(interceptor: unknown, type: Function): boolean {
  return interceptor === type || Object.getPrototypeOf(interceptor ?? {}) === type.prototype;
}
