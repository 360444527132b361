import { PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';

/** The handlers of routes, each with its controller. */
export function handlersOf(
  controllers: Iterable<Function>,
): (readonly [controller: Function, handler: Function])[] {
  const scanner = new MetadataScanner();
  return [...controllers].flatMap((controller) => {
    const prototype = controller.prototype as Record<string, Function>;
    return scanner
      .getAllMethodNames(prototype)
      .map((name) => prototype[name]!)
      .filter((method) => Reflect.hasMetadata(PATH_METADATA, method))
      .map((handler) => [controller, handler] as const);
  });
}
