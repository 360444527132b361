import type * as Memjs from 'memjs';
import { parseConnectionUrl } from '../../../config/index.js';

const DEFAULT_PORT = 11_211;

/** The servers of a CACHE_URL, for a client. They connect with the first call. */
export function serversOf(memjs: typeof Memjs, url: string, timeoutS: number): Memjs.Server[] {
  const { user, password, addresses } = parseConnectionUrl(url)!;
  const options = { timeout: timeoutS, conntimeout: timeoutS, keepAlive: true };
  return addresses.map(({ host, port = DEFAULT_PORT }) => {
    const server = new memjs.Server(host.replace(/^\[|\]$/g, ''), port, user, password, options);
    // If the URL has no account, memjs would use one from its own environment variables, for any host.
    return Object.assign(server, { username: user, password });
  });
}

/** Ends their connections at once; pending calls fail. */
export function discardServers(servers: readonly Memjs.Server[]): void {
  for (const server of servers) server.error(new Error('the connection was given up'));
}
