/** The interface to PostgreSQL, embedded or on a server. A class, so that it is an injection token, too. */
export abstract class Database {
  /** Runs one statement; `$1`, `$2` stand for the parameters. */
  abstract query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;

  abstract close(): Promise<void>;
}
