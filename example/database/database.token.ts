/** Runs one statement; `$1`, `$2` stand for the parameters. */
export type Query = <Row extends object>(sql: string, params?: readonly unknown[]) => Promise<Row[]>;

/** The interface to PostgreSQL, embedded or on a server. A class, so that it is an injection token, too. */
export abstract class Database {
  abstract query<Row extends object>(...args: Parameters<Query>): Promise<Row[]>;

  /** Statements that take effect together, or not at all if one of them fails. */
  abstract transaction(work: (query: Query) => Promise<void>): Promise<void>;

  abstract close(): Promise<void>;
}
