import {
  Body,
  ConflictException,
  Controller,
  Get,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { InjectThrottlerStorage, SkipThrottle } from '@nestjs/throttler';
import type { Account } from './account.entity.js';
import { AccountsService } from './accounts.service.js';
import { BearerGuard, type BearerRequest } from './bearer.guard.js';
import { CREDENTIALS, type Credentials } from './credentials.js';
import { SignInCounter } from './sign-in.counter.js';
import { SignInGuard } from './sign-in.guard.js';
import { addressOf, type SignInRequest } from './sign-in.limits.js';

@Controller()
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    @InjectThrottlerStorage() private readonly signIns: SignInCounter,
  ) {}

  @Post('accounts')
  @UseGuards(SignInGuard)
  @SkipThrottle({ account: true })
  async register(
    @Body(CREDENTIALS) credentials: Credentials,
    @Req() request: SignInRequest,
  ): Promise<Account> {
    const account = await this.accounts.register(credentials);
    if (account === undefined) throw new ConflictException(`The name ${credentials.name} is taken`);
    await this.signIns.remember(account.name, addressOf(request));
    return account;
  }

  /** The account that the access token is for. */
  @Get('account')
  @UseGuards(BearerGuard)
  async own(@Req() { accountId }: BearerRequest): Promise<Account> {
    const account = await this.accounts.find(accountId);
    if (account === undefined) throw new UnauthorizedException();
    return account;
  }
}
