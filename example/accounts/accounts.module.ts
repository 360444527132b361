import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { ThrottlerModule } from '@nestjs/throttler';
import { KeyRing } from 'nestjs-production-config';
import { AppConfig } from '../app.config.js';
import { DatabaseModule } from '../database/database.module.js';
import { Database } from '../database/database.token.js';
import { AccountsController } from './accounts.controller.js';
import { AccountsService } from './accounts.service.js';
import { SessionController } from './session.controller.js';
import { sessionCookie } from './session.js';
import { signInLimits } from './sign-in.limits.js';

/** Tokens and cookies are signed with keys of the ring, so both outlast the replacement of SECRET_KEY. */
@Module({
  imports: [
    DatabaseModule,
    JwtModule.registerAsync({
      inject: [KeyRing],
      useFactory: (keys: KeyRing) => keys.jwtOptions({ signOptions: { expiresIn: '15m' } }),
    }),
    ThrottlerModule.forRootAsync({
      imports: [DatabaseModule],
      inject: [AppConfig, Database],
      useFactory: signInLimits,
    }),
  ],
  controllers: [AccountsController, SessionController],
  providers: [AccountsService],
})
export class AccountsModule implements NestModule {
  constructor(
    private readonly keys: KeyRing,
    private readonly config: AppConfig,
  ) {}

  configure(consumer: MiddlewareConsumer): void {
    const secure = this.config.NODE_ENV === 'production';
    consumer.apply(sessionCookie(this.keys, secure)).forRoutes(SessionController);
  }
}
