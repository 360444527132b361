import { HttpStatus, Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';
import { RetryLaterException } from '../http/retry-later.exception.js';

/** The limits of `signInLimits()`. The response is the same for every limit and for names that do not exist. */
@Injectable()
export class SignInGuard extends ThrottlerGuard {
  protected override throwThrottlingException(
    _: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<never> {
    const message = 'Too many attempts: try again later';
    throw new RetryLaterException(HttpStatus.TOO_MANY_REQUESTS, message, timeToBlockExpire);
  }
}
