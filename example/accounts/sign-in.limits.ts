import { normalizeIp, type ThrottlerModuleOptions } from '@nestjs/throttler';
import type { AppConfig } from '../app.config.js';
import type { Database } from '../database/database.token.js';
import { accountNameIn } from './credentials.js';
import { SignInCounter } from './sign-in.counter.js';

const WINDOW_MS = 15 * 60 * 1000;

/** The part of Express's request that is counted by. */
export interface SignInRequest {
  readonly ip?: string;
  readonly body?: unknown;
}

/**
 * Limits by address, and by account. Nobody can lock an account everywhere: each address at which it was registered or
 * has signed in has a count of its own, and attempts from all other addresses share one.
 */
export function signInLimits(config: AppConfig, database: Database): ThrottlerModuleOptions {
  const storage = new SignInCounter(database);
  const accountTracker = async (request: SignInRequest) => {
    const address = addressOf(request);
    const name = accountNameIn(request.body);
    // Rejected later, with 400.
    if (name === undefined) return `invalid ${address}`;
    return (await storage.isKnown(name, address)) ? `${name} ${address}` : name;
  };
  return {
    storage,
    // They would show how often others try.
    setHeaders: false,
    throttlers: [
      { name: 'address', ttl: WINDOW_MS, limit: config.SIGN_INS_PER_ADDRESS, getTracker: addressOf },
      { name: 'account', ttl: WINDOW_MS, limit: config.SIGN_INS_PER_ACCOUNT, getTracker: accountTracker },
    ],
  };
}

/** The IPv4 address, or the /64 network: who has one IPv6 address has all of its network. */
export function addressOf({ ip = '' }: SignInRequest): string {
  return normalizeIp(ip);
}
