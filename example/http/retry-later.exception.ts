import { HttpException, type HttpStatus } from '@nestjs/common';

/** The service does not do this now. `RetryLaterFilter` sends the seconds as Retry-After. */
export class RetryLaterException extends HttpException {
  constructor(
    status: HttpStatus.TOO_MANY_REQUESTS | HttpStatus.SERVICE_UNAVAILABLE,
    message: string,
    readonly seconds: number,
  ) {
    super({ statusCode: status, message }, status);
  }
}
