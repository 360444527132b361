import {
  createParamDecorator,
  Inject,
  Injectable,
  type ExecutionContext,
  type PipeTransform,
} from '@nestjs/common';
import { BaseConfig } from '../config/base.config.js';
import { limitsOf } from './page-limits.js';
import type { PageLimits, PageRequest } from './page-request.js';
import { pageStateOf } from './page-state.js';

const CurrentRequest = createParamDecorator((_: unknown, context: ExecutionContext) =>
  context.switchToHttp().getRequest<object>(),
);

// A parameter decorator has nothing injected; a pipe behind it has.
@Injectable()
class PagePipe implements PipeTransform<object, PageRequest> {
  private readonly limits: PageLimits;

  constructor(@Inject(BaseConfig) config: BaseConfig) {
    this.limits = limitsOf(config);
  }

  transform(request: object): PageRequest {
    const state = pageStateOf(request, this.limits);
    state.taken = true;
    return state.page;
  }
}

/**
 * The page that the client asks for, already bounded: put `take` and `offset` into the query, so that no more rows
 * are read than can be sent.
 *
 * @example
 * ```ts
 * @Get()
 * list(@Paginate() page: PageRequest) {
 *   return this.products.find({ take: page.take, skip: page.offset });
 * }
 * ```
 */
export function Paginate(): ParameterDecorator {
  return CurrentRequest(PagePipe);
}
