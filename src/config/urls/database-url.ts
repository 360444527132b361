import { type UrlParts, splitUrl } from './connection-url.js';
import { sqlServerFault } from './sql-server-url.js';
import { hasStrayPercent, hostFault, isPort, urlFault } from './url-fault.js';

const NO_URL = 'must be a URL, such as postgres://user:password@host:5432/database';

/** A database in a file, as in Prisma, libSQL and Sequelize. */
const FILE = /^(?:file|sqlite3?):[^\p{Cc}]+$/iu;
/** pg's own form for a Unix socket. */
const SOCKET = /^socket:\/(?!\/)[^\p{Cc}#@]*$/iu;
// Python tools append a driver with a +, which pg ignores.
const POSTGRES = /^(?:postgres(?:ql)?(?:\+[a-z0-9]+)?|cockroachdb|pg)$/;
const MYSQL = /^(?:mysqlx?|mysql2|mariadb)$/;

/**
 * Why a text is not a valid DATABASE_URL: a sentence that continues the setting's name and does not quote the value.
 * Undefined if a driver of its scheme reads it as it was meant. The drivers are pg, mysql2, mongodb and those of Prisma.
 * A PostgreSQL URL may name several hosts: postgres.js supports that, pg does not.
 */
export function databaseUrlFault(text: string): string | undefined {
  if (FILE.test(text) || SOCKET.test(text)) return undefined;
  if (/^jdbc:/i.test(text)) return 'begins with jdbc:, which no driver for Node.js reads: remove it';
  const parts = splitUrl(text);
  if (parts === undefined) return NO_URL;
  const fault = faultOf(text, parts);
  return fault === undefined ? undefined : `cannot be used: ${fault}`;
}

/** Whether a URL is for PostgreSQL. */
export function isPostgresUrl(text: string): boolean {
  return SOCKET.test(text) || POSTGRES.test(splitUrl(text)?.scheme ?? '');
}

/** Like `databaseUrlFault`, for pg only. */
export function pgUrlFault(text: string): string | undefined {
  if (!isPostgresUrl(text)) return 'must be a PostgreSQL URL: getDatabaseConfig() is for pg';
  if (SOCKET.test(text)) return undefined;
  if (hasSeveralHosts(splitUrl(text)!)) {
    return 'cannot be used: it names several hosts, but pg connects to one; name one, or use a driver that supports several';
  }
  return databaseUrlFault(text);
}

function faultOf(text: string, parts: UrlParts): string | undefined {
  const { scheme, hosts, path } = parts;
  if (scheme === 'sqlserver') return sqlServerFault(text);
  const fault = urlFault(text, parts);
  if (fault !== undefined) return fault;
  if (POSTGRES.test(scheme)) return postgresFault(text, parts);
  if (hasStrayPercent(text)) return 'it contains a % that must be written %25';
  if (scheme.startsWith('mongodb')) return mongoFault(text, parts);
  if (MYSQL.test(scheme) && hosts.length > 1)
    return 'it names several hosts, but this driver connects to one';
  // mysql2 has a default host if the URL has neither host nor account.
  const isLocal = MYSQL.test(scheme) && parts.account === undefined && hosts.join() === '' && path !== '';
  return isLocal ? undefined : hostFault(hosts);
}

function hasSeveralHosts({ hosts, query }: UrlParts): boolean {
  const named = new URLSearchParams(query).getAll('host').at(-1) ?? '';
  return hosts.length > 1 || (named.includes(',') && !named.startsWith('/'));
}

function postgresFault(text: string, { account, hosts, path, query }: UrlParts): string | undefined {
  // If there is a space or a stray %, pg encodes the text again, and then decodes only escapes made of digits.
  const isEncodedAnew = / |%[^a-f0-9]|%[a-f0-9][^a-f0-9]/i.test(text);
  const isMisread = isEncodedAnew && (/%(?!\d\d)[a-f0-9]{2}/i.test(text) || hosts.join().includes('['));
  if (hasStrayPercent(text) && (isMisread || /%[a-f0-9]?$/i.test(text))) {
    return 'it contains a % that must be written %25';
  }
  if (isMisread) return 'it contains a space that must be written %20';
  const isLocal = hosts.join() === '' && (account === undefined || path !== '');
  return (
    (isLocal ? undefined : hostFault(hosts)) ??
    parameterFault(query, hosts.join()) ??
    // In the path, pg does not decode delimiters.
    (/%(?:2[346bcf]|3[abdf]|40)/i.test(path)
      ? 'its database name contains a percent-encoded delimiter, which pg does not decode'
      : undefined)
  );
}

/** The fault in the parameters of a PostgreSQL URL, which can replace its other parts. */
function parameterFault(query: string, hosts: string): string | undefined {
  const parameters = new URLSearchParams(query);
  const port = parameters.getAll('port').at(-1) ?? '';
  if (port !== '' && !port.split(',').every(isPort)) return 'the port must be a number from 1 to 65535';
  if (parameters.has('dbname') || parameters.has('database')) {
    return 'the database is the path of the URL, as in postgres://host/database: pg ignores the parameter';
  }
  if (/(?:^|&)(?:user|password|host)=[^&]*\+/.test(query)) {
    return 'a + in a parameter is read as a space: write %2B';
  }
  if (/^%2f/i.test(hosts) && parameters.getAll('host').at(-1)) return 'it names the host twice';
  return undefined;
}

/** The MongoDB driver requires every delimiter in user and password to be encoded. */
function mongoFault(text: string, { scheme, account, hosts }: UrlParts): string | undefined {
  if (!/^mongodb(?:\+srv)?:/.test(text)) return 'its scheme must be mongodb or mongodb+srv, in lower case';
  const [user = '', ...password] = account?.split(':') ?? [];
  const delimiter = /[:[\]@]/.exec(user + password.join(':'))?.[0];
  if (delimiter !== undefined) {
    return `the user or the password contains a ${delimiter} that must be written ${encodeURIComponent(delimiter)}`;
  }
  if (account !== undefined && user === '') return 'it has an @ without a user before it';
  if (/[\u{10000}-\u{10ffff}]/u.test(account ?? '')) {
    return 'the user or the password contains a character such as an emoji that must be percent-encoded';
  }
  if (scheme === 'mongodb+srv' && (hosts.length > 1 || hosts[0]!.includes(':'))) {
    return 'a mongodb+srv: URL must name one host and no port';
  }
  return hostFault(hosts);
}
