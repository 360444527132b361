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
import type { Account } from './account.entity.js';
import { AccountsService } from './accounts.service.js';
import { BearerGuard, type BearerRequest } from './bearer.guard.js';
import { CREDENTIALS, type Credentials } from './credentials.js';

@Controller()
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Post('accounts')
  async register(@Body(CREDENTIALS) credentials: Credentials): Promise<Account> {
    const account = await this.accounts.register(credentials);
    if (account === undefined) throw new ConflictException(`The name ${credentials.name} is taken`);
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
