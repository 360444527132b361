import { ApiQuery } from '@nestjs/swagger';
import { pageSizesOf } from '../pagination/index.js';

// API_PARAMETERS, which @nestjs/swagger exports from 11.4.4 on.
const API_PARAMETERS = 'swagger/apiParameters';

// No default: generated clients would send it together with `after`.
export const OffsetParameter = () =>
  ApiQuery({
    name: 'offset',
    required: false,
    description: 'The number of items to skip; 0 if omitted',
    schema: { type: 'integer', minimum: 0 },
  });

export const AfterParameter = () =>
  ApiQuery({
    name: 'after',
    required: false,
    description: '`page.next` of the previous page; cannot be combined with `offset`',
    schema: { type: 'string' },
  });

/** Reads `@PageSize` only when the document is built: it may be above this decorator, or on the controller. */
export function LimitParameter(): MethodDecorator {
  return (target, key, { value: handler }) => {
    const parameter = {
      name: 'limit',
      in: 'query',
      required: false,
      description: 'The maximum number of items to return; a larger number is reduced to the maximum allowed',
      get schema() {
        return { type: 'integer', minimum: 1, ...sizesOf(target, key) };
      },
    };
    const others = (Reflect.getMetadata(API_PARAMETERS, handler as object) ?? []) as unknown[];
    Reflect.defineMetadata(API_PARAMETERS, [...others, parameter], handler as object);
  };
}

function sizesOf(target: object, key: string | symbol): { default?: number; maximum?: number } {
  const sizes = pageSizesOf(target.constructor, Reflect.get(target, key) as Function);
  return sizes ? { default: sizes.pageSize, maximum: sizes.maxPageSize } : {};
}
