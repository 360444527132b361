import { parseConnectionUrl } from '../../config/urls/connection-url.js';

/** Whether the URL of a cache server has a user or a password. */
export function hasCredentials(url: string): boolean {
  const { user, password } = parseConnectionUrl(url)!;
  return user !== '' || password !== '';
}
