import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { InjectThrottlerStorage } from '@nestjs/throttler';
import type { Account } from './account.entity.js';
import { AccountsService } from './accounts.service.js';
import { CREDENTIALS, type Credentials } from './credentials.js';
import { accountIdOf, endSession, startSession, type SessionRequest } from './session.js';
import { SignInCounter } from './sign-in.counter.js';
import { SignInGuard } from './sign-in.guard.js';
import { addressOf, type SignInRequest } from './sign-in.limits.js';

@Controller('session')
export class SessionController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly jwt: JwtService,
    @InjectThrottlerStorage() private readonly signIns: SignInCounter,
  ) {}

  /** Signs in twice: with a cookie for a browser, with a token for everything else. */
  @Post()
  @UseGuards(SignInGuard)
  @Header('Cache-Control', 'no-store')
  async signIn(
    @Body(CREDENTIALS) credentials: Credentials,
    @Req() request: SessionRequest & SignInRequest,
  ): Promise<{ accessToken: string }> {
    const account = await this.accounts.authenticate(credentials);
    if (account === undefined) throw new UnauthorizedException('The name or the password is wrong');
    await this.signIns.remember(account.name, addressOf(request));
    startSession(request, account.id);
    return { accessToken: await this.jwt.signAsync({ sub: String(account.id) }) };
  }

  /** Who is signed in. Every visit renews the session. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async current(@Req() request: SessionRequest): Promise<Account> {
    const id = accountIdOf(request);
    const account = id === undefined ? undefined : await this.accounts.find(id);
    if (account === undefined) throw new UnauthorizedException();
    startSession(request, account.id);
    return account;
  }

  @Delete()
  @HttpCode(204)
  signOut(@Req() request: SessionRequest): void {
    endSession(request);
  }
}
