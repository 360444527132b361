import { Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request that the guard let through. */
export interface BearerRequest extends IncomingMessage {
  accountId: number;
}

/** Requires the access token of POST /session. Every failure is the same 401. */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<BearerRequest>();
    const [, token = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    try {
      const { sub } = await this.jwt.verifyAsync<{ sub: string }>(token);
      request.accountId = Number(sub);
      return true;
    } catch {
      http.getResponse<ServerResponse>().setHeader('WWW-Authenticate', 'Bearer');
      throw new UnauthorizedException();
    }
  }
}
