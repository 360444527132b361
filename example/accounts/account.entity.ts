/** A row of the accounts, as it is sent: without the hash of the password. */
export interface Account {
  readonly id: number;
  readonly name: string;
  readonly createdAt: Date;
}

/** The columns under the names of the fields. */
export const ACCOUNT_COLUMNS = 'id, name, created_at AS "createdAt"';
