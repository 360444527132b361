/** Databases other than PostgreSQL, by the scheme of their URLs. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^(?:mysqlx?|mysql2):/i, 'MySQL'],
  [/^mariadb:/i, 'MariaDB'],
  [/^mongodb(?:\+srv)?:/i, 'MongoDB'],
  [/^(?:sqlserver|mssql):/i, 'SQL Server'],
  [/^(?:file|sqlite3?|libsql):/i, 'SQLite'],
  [/^(?!postgres|cockroachdb:|pg:|socket:)/i, 'another database'],
];

/** The kind of a database that pg cannot connect to; undefined for PostgreSQL. */
export function otherDatabase(url: string): string | undefined {
  return KINDS.find(([scheme]) => scheme.test(url))?.[1];
}
