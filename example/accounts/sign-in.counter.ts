import { type ThrottlerStorage } from '@nestjs/throttler';
import type { Database } from '../database/database.token.js';

type Hits = Awaited<ReturnType<ThrottlerStorage['increment']>>;

const KNOWN_MS = 90 * 24 * 3600 * 1000;

/**
 * Counts in the database, for all processes and atomically. A cache may drop an entry at any time, and an attacker could
 * make it do so.
 */
export class SignInCounter implements ThrottlerStorage {
  constructor(private readonly database: Database) {}

  /** Counts in fixed windows: the first hit begins one, which ends after `ttl` ms whatever happens in it. */
  async increment(key: string, ttl: number, limit: number): Promise<Hits> {
    const [{ hits, seconds } = { hits: 1, seconds: 1 }] = await this.database.query<{
      hits: number;
      seconds: number;
    }>(
      `INSERT INTO sign_in_counts AS old (key, hits, ends_at) VALUES ($1, 1, now() + $2 * interval '1 millisecond')
       ON CONFLICT (key) DO UPDATE SET
         hits = CASE WHEN old.ends_at <= now() THEN 1 ELSE least(old.hits, $3) + 1 END,
         ends_at = CASE WHEN old.ends_at <= now() THEN excluded.ends_at ELSE old.ends_at END
       RETURNING hits, greatest(ceil(extract(epoch FROM ends_at - now())), 1)::int AS seconds`,
      [key, ttl, limit],
    );
    if (hits === 1) await this.deleteExpired();
    return { totalHits: hits, timeToExpire: seconds, isBlocked: hits > limit, timeToBlockExpire: seconds };
  }

  /** Remembers for 90 days that the account was used with its password at this address. */
  async remember(name: string, address: string): Promise<void> {
    await this.database.query(
      `INSERT INTO sign_in_counts (key, hits, ends_at) VALUES ($1, 0, now() + $2 * interval '1 millisecond')
       ON CONFLICT (key) DO UPDATE SET ends_at = excluded.ends_at`,
      [knownKey(name, address), KNOWN_MS],
    );
  }

  async isKnown(name: string, address: string): Promise<boolean> {
    const rows = await this.database.query(
      'SELECT 1 FROM sign_in_counts WHERE key = $1 AND ends_at > now()',
      [knownKey(name, address)],
    );
    return rows.length > 0;
  }

  /** Each new row deletes more than one, so that the table has few that have expired. */
  private async deleteExpired(): Promise<void> {
    await this.database.query(
      `DELETE FROM sign_in_counts WHERE key IN (
         SELECT key FROM sign_in_counts WHERE ends_at <= now() LIMIT 10 FOR UPDATE SKIP LOCKED)`,
    );
  }
}

function knownKey(name: string, address: string): string {
  return `known ${name} ${address}`;
}
