import { ApiQuery } from '@nestjs/swagger';
import { pageSizesOf } from '../pagination/index.js';

// API_PARAMETERS, which @nestjs/swagger exports from 11.4.4 on.
const API_PARAMETERS = 'swagger/apiParameters';

// No default: a client that sends it would have sent it beside `after`.
export const OffsetParameter = () =>
  ApiQuery({
    name: 'offset',
    required: false,
    description: 'How many items to pass over; none where it is left out',
    schema: { type: 'integer', minimum: 0 },
  });

export const AfterParameter = () =>
  ApiQuery({
    name: 'after',
    required: false,
    description: '`page.next` of the page before; not together with `offset`',
    schema: { type: 'string' },
  });

/** Its schema is made with the document: `@PageSize` may stand above, or on the controller. */
export function LimitParameter(): MethodDecorator {
  return (target, key, { value: handler }) => {
    const parameter = {
      name: 'limit',
      in: 'query',
      required: false,
      description: 'The most items to answer with; a larger number is read as the largest that is allowed',
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
  return sizes ? { default: sizes.size, maximum: sizes.max } : {};
}
