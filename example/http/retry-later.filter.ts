import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import { RetryLaterException } from './retry-later.exception.js';

@Catch(RetryLaterException)
export class RetryLaterFilter implements ExceptionFilter<RetryLaterException> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: RetryLaterException, context: ArgumentsHost): void {
    const response = context.switchToHttp().getResponse<ServerResponse>();
    response.setHeader('Retry-After', exception.seconds);
    this.adapterHost.httpAdapter.reply(response, exception.getResponse(), exception.getStatus());
  }
}
