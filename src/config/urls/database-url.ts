import { type UrlParts, splitUrl } from './connection-url.js';
import { sqlServerFault } from './sql-server-url.js';
import { hasStrayPercent, hostFault, isPort, urlFault } from './url-fault.js';

const NO_URL = 'must be a URL, such as postgres://user:password@host:5432/database';

/** A database in a file: Prisma, libSQL, Sequelize. */
const FILE = /^(?:file|sqlite3?):[^\p{Cc}]+$/iu;
/** pg's own form for a Unix socket. */
const SOCKET = /^socket:\/(?!\/)[^\p{Cc}#@]*$/iu;
// Python's tools name a driver behind a +, which pg passes over.
const POSTGRES = /^(?:postgres(?:ql)?(?:\+[a-z0-9]+)?|cockroachdb|pg)$/;
const MYSQL = /^(?:mysqlx?|mysql2|mariadb)$/;

/**
 * Why a text is no DATABASE_URL: a sentence that goes on from the setting's name and does not quote the value; undefined
 * where a driver of its scheme reads it as a person does. The drivers are pg, mysql2, mongodb and what Prisma uses; of
 * PostgreSQL it may name several hosts, which postgres.js takes and pg does not.
 */
export function databaseUrlFault(text: string): string | undefined {
  if (FILE.test(text) || SOCKET.test(text)) return undefined;
  if (/^jdbc:/i.test(text)) return 'begins with jdbc:, which no driver for Node.js reads: leave it out';
  const parts = splitUrl(text);
  if (parts === undefined) return NO_URL;
  const fault = faultOf(text, parts);
  return fault === undefined ? undefined : `cannot be used: ${fault}`;
}

/** The same for pg alone. */
export function pgUrlFault(text: string): string | undefined {
  const scheme = splitUrl(text)?.scheme;
  if (scheme === undefined || !POSTGRES.test(scheme)) {
    return SOCKET.test(text) ? undefined : `must be a URL of PostgreSQL: getDatabaseConfig() is for pg`;
  }
  if (hasSeveralHosts(splitUrl(text)!)) {
    return 'cannot be used: it names several hosts, and pg connects to one; name one, or use a driver that takes several';
  }
  return databaseUrlFault(text);
}

function faultOf(text: string, parts: UrlParts): string | undefined {
  const { scheme, hosts, path } = parts;
  if (scheme === 'sqlserver') return sqlServerFault(text);
  const fault = urlFault(text, parts);
  if (fault !== undefined) return fault;
  if (POSTGRES.test(scheme)) return postgresFault(text, parts);
  if (hasStrayPercent(text)) return 'it holds a % that must be written %25';
  if (scheme.startsWith('mongodb')) return mongoFault(text, parts);
  if (MYSQL.test(scheme) && hosts.length > 1)
    return 'it names several hosts, and this driver connects to one';
  // mysql2 has a host of its own where the URL has neither host nor account.
  const isLocal = MYSQL.test(scheme) && parts.account === undefined && hosts.join() === '' && path !== '';
  return isLocal ? undefined : hostFault(hosts);
}

function hasSeveralHosts({ hosts, query }: UrlParts): boolean {
  const named = new URLSearchParams(query).getAll('host').at(-1) ?? '';
  return hosts.length > 1 || (named.includes(',') && !named.startsWith('/'));
}

function postgresFault(text: string, { account, hosts, path, query }: UrlParts): string | undefined {
  // Where a blank or a stray % is, pg encodes the text anew, and then undoes only what is encoded in digits.
  const isEncodedAnew = / |%[^a-f0-9]|%[a-f0-9][^a-f0-9]/i.test(text);
  const isMisread = isEncodedAnew && (/%(?!\d\d)[a-f0-9]{2}/i.test(text) || hosts.join().includes('['));
  if (hasStrayPercent(text) && (isMisread || /%[a-f0-9]?$/i.test(text))) {
    return 'it holds a % that must be written %25';
  }
  if (isMisread) return 'it holds a blank that must be written %20';
  const isLocal = hosts.join() === '' && (account === undefined || path !== '');
  return (
    (isLocal ? undefined : hostFault(hosts)) ??
    parameterFault(query, hosts.join()) ??
    // pg undoes an encoding in the path only where it means no delimiter.
    (/%(?:2[346bcf]|3[abdf]|40)/i.test(path)
      ? 'its database name holds a delimiter in percent-encoding, which pg leaves as it is'
      : undefined)
  );
}

/** What the parameters of a PostgreSQL URL name instead of its other parts. */
function parameterFault(query: string, hosts: string): string | undefined {
  const parameters = new URLSearchParams(query);
  const port = parameters.getAll('port').at(-1) ?? '';
  if (port !== '' && !port.split(',').every(isPort)) return 'the port must be a number from 1 to 65535';
  if (parameters.has('dbname') || parameters.has('database')) {
    return 'the database is the path of the URL, as in postgres://host/database: pg passes over the parameter';
  }
  if (/(?:^|&)(?:user|password|host)=[^&]*\+/.test(query)) {
    return 'a + in a parameter is read as a blank: write %2B';
  }
  if (/^%2f/i.test(hosts) && parameters.getAll('host').at(-1)) return 'it names the host twice';
  return undefined;
}

/** The driver for MongoDB wants every delimiter in user and password encoded. */
function mongoFault(text: string, { scheme, account, hosts }: UrlParts): string | undefined {
  if (!/^mongodb(?:\+srv)?:/.test(text)) return 'its scheme must be mongodb or mongodb+srv, in lower case';
  const [user = '', ...password] = account?.split(':') ?? [];
  const delimiter = /[:[\]@]/.exec(user + password.join(':'))?.[0];
  if (delimiter !== undefined) {
    return `the user or the password holds a ${delimiter} that must be written ${encodeURIComponent(delimiter)}`;
  }
  if (account !== undefined && user === '') return 'it has an @ without a user before it';
  if (/[\u{10000}-\u{10ffff}]/u.test(account ?? '')) {
    return 'the user or the password holds a character such as an emoji that must be percent-encoded';
  }
  if (scheme === 'mongodb+srv' && (hosts.length > 1 || hosts[0]!.includes(':'))) {
    return 'a mongodb+srv: URL names one host, and no port';
  }
  return hostFault(hosts);
}
