import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../database/database.token.js';
import { plant } from '../database/seed.js';
import { ACCOUNT_COLUMNS, type Account } from './account.entity.js';
import { ACCOUNTS, SIGN_IN_COUNTS } from './accounts.seed.js';
import type { Credentials } from './credentials.js';
import { hashPassword, passwordMatches } from './password-hash.js';

@Injectable()
export class AccountsService implements OnModuleInit {
  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    await plant(this.database, ACCOUNTS);
    await plant(this.database, SIGN_IN_COUNTS);
  }

  /** The new account, or undefined if the name is taken. The database decides, also between concurrent requests. */
  async register({ name, password }: Credentials): Promise<Account | undefined> {
    const [account] = await this.database.query<Account>(
      `INSERT INTO accounts (name, password_hash) VALUES ($1, $2)
       ON CONFLICT (name) DO NOTHING RETURNING ${ACCOUNT_COLUMNS}`,
      [name, await hashPassword(password)],
    );
    return account;
  }

  /** The account with this password. An unknown name takes as long as a wrong password. */
  async authenticate({ name, password }: Credentials): Promise<Account | undefined> {
    const [row] = await this.database.query<Account & { passwordHash: string }>(
      `SELECT ${ACCOUNT_COLUMNS}, password_hash AS "passwordHash" FROM accounts WHERE name = $1`,
      [name],
    );
    const matches = await passwordMatches(password, row?.passwordHash);
    if (row === undefined || !matches) return undefined;
    const { passwordHash: _, ...account } = row;
    return account;
  }

  async find(id: number): Promise<Account | undefined> {
    const [account] = await this.database.query<Account>(
      `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE id = $1`,
      [id],
    );
    return account;
  }
}
