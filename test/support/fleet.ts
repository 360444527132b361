import { JsonWebTokenError, JwtService } from '@nestjs/jwt';
import type { Keygrip, KeyRing } from 'nestjs-production-config';
import { ringOf } from './fleet.ring.js';

/** The kinds of credentials that nodes sign and verify. */
export const KINDS = ['token', 'cookie', 'signature'] as const;
export type Kind = (typeof KINDS)[number];

/** A credential issued by a node, or a forged one. */
export interface Credential {
  readonly kind: Kind;
  /** The subject of the credential; a token also contains it. */
  readonly subject: string;
  readonly proof: string;
}

/** Signs and verifies credentials with a ring. */
export class Issuer {
  private readonly jwt: JwtService;
  private readonly cookies: Keygrip;

  constructor(readonly ring: KeyRing) {
    // The tokens do not expire, so a token is refused only because of its key.
    this.jwt = new JwtService(ring.jwtOptions());
    this.cookies = ring.keygrip('session');
  }

  issue(kind: Kind, subject: string): Credential {
    const proofs: Record<Kind, () => string> = {
      token: () => this.jwt.sign({ sub: subject }),
      cookie: () => this.cookies.sign(`session=${subject}`),
      signature: () => this.ring.sign('invitation', subject),
    };
    return { kind, subject, proof: proofs[kind]() };
  }

  accepts({ kind, subject, proof }: Credential): boolean {
    const accepted: Record<Kind, () => boolean> = {
      token: () => this.subjectOf(proof) === subject,
      cookie: () => this.cookies.verify(`session=${subject}`, proof),
      signature: () => this.ring.verify('invitation', subject, proof) !== false,
    };
    return accepted[kind]();
  }

  private subjectOf(token: string): string | undefined {
    try {
      return this.jwt.verify<{ sub: string }>(token).sub;
    } catch (error) {
      if (error instanceof JsonWebTokenError) return undefined;
      throw error;
    }
  }
}

/** One process of a service with its own configuration. It restarts to change its keys. */
export class FleetNode {
  private issuer: Issuer;

  constructor(public keys: readonly string[]) {
    this.issuer = new Issuer(ringOf(...keys));
  }

  get ring(): KeyRing {
    return this.issuer.ring;
  }

  restart(keys: readonly string[]): void {
    this.keys = keys;
    this.issuer = new Issuer(ringOf(...keys));
  }

  issue(kind: Kind, subject: string): Credential {
    return this.issuer.issue(kind, subject);
  }

  accepts(credential: Credential): boolean {
    return this.issuer.accepts(credential);
  }
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Forgeries made without the keys, from a credential or a signature for another purpose. */
export function forgeriesOf(
  seen: Credential,
  node: { readonly ring: KeyRing },
  stranger: FleetNode,
): Credential[] {
  const { kind, subject, proof } = seen;
  const forge = (forged: string, of = subject): Credential => ({ kind, subject: of, proof: forged });
  const common = [forge(proof, `${subject}0`), forge(proof.slice(0, -1)), stranger.issue(kind, subject)];
  if (kind === 'cookie') {
    const data = `session=${subject}`;
    return [...common, forge(node.ring.keygrip('csrf').sign(data)), forge(node.ring.sign('session', data))];
  }
  if (kind === 'signature') {
    return [
      ...common,
      forge(node.ring.sign('password-reset', subject)),
      forge(node.ring.keygrip('invitation').sign(subject)),
    ];
  }
  const [header = '', payload = '', signature = ''] = proof.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
  const root = json({ sub: 'root' });
  const foreign = `${json({ alg: 'HS256', typ: 'JWT', kid })}.${root}`;
  return [
    ...common,
    forge(`${json({ alg: 'none' })}.${root}.`, 'root'),
    forge(`${json({ alg: 'none', typ: 'JWT', kid })}.${payload}.`),
    forge(`${json({ alg: 'none', typ: 'JWT', kid })}.${payload}.${signature}`),
    forge(`${header}.${root}.${signature}`, 'root'),
    forge(`${foreign}.${stranger.ring.sign('access', foreign)}`, 'root'),
    forge(`${foreign}.${node.ring.sign('access', foreign)}`, 'root'),
    forge(`${foreign}.${node.ring.keygrip('access').sign(foreign)}`, 'root'),
  ];
}
