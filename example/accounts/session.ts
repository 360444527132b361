import cookieSession from 'cookie-session';
import type { KeyRing } from 'nestjs-production-config';

const SESSION_MS = 14 * 24 * 3600 * 1000;

/** The content of the cookie, which is signed, not encrypted. */
interface Session {
  readonly accountId: number;
  /** Also stored here, because only browsers respect the expiry of a cookie. */
  readonly until: number;
}

/** A request that came through `sessionCookie`. */
export interface SessionRequest {
  session: Partial<Session> | null;
}

/**
 * The session is the cookie: the service stores nothing, and signing out cannot revoke a copy.
 *
 * A `secure` cookie is set only over HTTPS; otherwise none is set, without an error. Behind a proxy that terminates
 * TLS, a request counts as HTTPS if Express trusts the proxy's X-Forwarded-Proto: see TRUSTED_PROXIES.
 */
export function sessionCookie(keys: KeyRing, secure: boolean) {
  return cookieSession({
    // Browsers let only this host set the prefixed name, and only over HTTPS: a subdomain cannot replace the cookie.
    name: secure ? '__Host-session' : 'session',
    keys: keys.keygrip('session'),
    maxAge: SESSION_MS,
    httpOnly: true,
    sameSite: 'lax',
    secure,
  });
}

/**
 * Signs in, or renews a session. cookie-session itself replaces only the signature of an old key, and does so without
 * the maxAge: the browser would drop the signature when it closes.
 */
export function startSession(request: SessionRequest, accountId: number): void {
  request.session = { accountId, until: Date.now() + SESSION_MS };
}

/** Who is signed in. */
export function accountIdOf({ session }: SessionRequest): number | undefined {
  const { accountId, until = 0 } = session ?? {};
  return until > Date.now() ? accountId : undefined;
}

export function endSession(request: SessionRequest): void {
  request.session = null;
}
