const URL_PARTS = /^sqlserver:\/\/([^;]*)(?:;([^]*))?$/i;
const PARAMETER = /([^=;]*)=(\s*\{[^}]*\}[^;]*|[^;]*)(?:;|$)/g;

/** Parses a SQL Server URL, `sqlserver://host:1433;user=sa;password={a;b};encrypt=true`, names in lower case. */
export function parseSqlServerUrl(text: string) {
  const [, server, rest = ''] = URL_PARTS.exec(text) ?? [];
  if (server === undefined) return undefined;
  const parameters = new URLSearchParams();
  for (const [, name = '', value = ''] of rest.matchAll(PARAMETER)) {
    parameters.append(name.trim().toLowerCase(), value.trim().replace(/^\{([^]*)\}$/, '$1'));
  }
  const first = (...names: string[]) => names.map((name) => parameters.get(name)).find(Boolean) ?? '';
  const [, host = '', port] = /^([^:]*)(?::(\d+))?/.exec(server) ?? [];
  return {
    scheme: 'sqlserver',
    user: first('user', 'username', 'uid', 'userid', 'user id'),
    password: first('password', 'pwd'),
    // The text after a backslash is the name of an instance on the host.
    addresses: [
      {
        host: host.replace(/\\.*$/s, '').trim().toLowerCase(),
        ...(port === undefined ? {} : { port: Number(port) }),
      },
    ],
    parameters,
  };
}

/** Why drivers would misread such a URL, if they would. */
export function sqlServerFault(text: string): string | undefined {
  const [, server = '', rest = ''] = URL_PARTS.exec(text) ?? [];
  const [host = '', port, ...more] = server.split(':');
  if (host.trim() === '' || /[\s/?#@[\]{}=]/.test(host.trim()))
    return 'the host is missing or is not a host name';
  const isPort = port === undefined || (/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536);
  if (!isPort || more.length > 0) return 'the port must be a number from 1 to 65535';
  if (rest.replaceAll(PARAMETER, '').replaceAll(';', '').trim() !== '') {
    return 'after the host it must contain only name=value parts, separated by ;';
  }
  const names = [...rest.matchAll(PARAMETER)].map(([, name = '']) => name.trim().toLowerCase());
  if (new Set(names).size < names.length) return 'a parameter occurs twice';
  const values = [...rest.matchAll(PARAMETER)].map(([, , value = '']) => value.trim());
  if (values.some((value) => (value.startsWith('{') ? !/^\{[^{}]*\}$/.test(value) : /[{}]/.test(value)))) {
    return 'a value that contains ; { or } must be in braces, as in password={a;b}, and cannot contain a brace itself';
  }
  return undefined;
}
