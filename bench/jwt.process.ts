import { createHmac, timingSafeEqual } from 'node:crypto';
import { ConfigService } from '@nestjs/config';
import { JwtService } from '@nestjs/jwt';
import { KeyRing, ProductionConfig } from 'nestjs-production-config';
import { importApp } from './support/apps.js';
import { serveOperations, timed } from './support/operations.js';

const TOKENS = 256;

/** The operations of a service with its keys. */
interface Keys {
  /** Signs and verifies tokens as the service does today. */
  readonly jwt: JwtService;
  /** Verifies the tokens that were signed with the secret itself and name no key. */
  readonly jwtOfOldTokens: JwtService;
  sign(data: string): string;
  verify(data: string, signature: string): boolean;
}

const signOptions = { expiresIn: '1h' } as const;

function keysOfRing(ring: KeyRing, { SECRET_KEY, SECRET_KEY_FALLBACKS }: ProductionConfig): Keys {
  return {
    jwt: new JwtService(ring.jwtOptions({ signOptions })),
    jwtOfOldTokens: new JwtService(
      ring.jwtOptions({ legacy: { secrets: [SECRET_KEY, ...SECRET_KEY_FALLBACKS] } }),
    ),
    sign: (data) => ring.sign('invitation', data),
    verify: (data, signature) => ring.verify('invitation', data, signature) !== false,
  };
}

/** As in the documentation of `@nestjs/jwt` and of `node:crypto`. */
function keysOfSecret(secret: string): Keys {
  const jwt = new JwtService({ secret, signOptions });
  const sign = (data: string) => createHmac('sha256', secret).update(data).digest('base64url');
  const verify = (data: string, signature: string) =>
    timingSafeEqual(Buffer.from(sign(data)), Buffer.from(signature));
  return { jwt, jwtOfOldTokens: jwt, sign, verify };
}

const [, , side] = process.argv;
const app = await (await importApp(side)).createApp();
const secret =
  side === 'ours' ? app.get(ProductionConfig).SECRET_KEY : app.get(ConfigService).get<string>('SECRET_KEY')!;
const { jwt, jwtOfOldTokens, sign, verify } =
  side === 'ours' ? keysOfRing(app.get(KeyRing), app.get(ProductionConfig)) : keysOfSecret(secret);

const payloads = Array.from({ length: TOKENS }, (_, user) => ({ sub: `user-${user}`, roles: ['reader'] }));
const tokens = payloads.map((payload) => jwt.sign(payload));
const old = new JwtService({ secret, signOptions });
const oldTokens = payloads.map((payload) => old.sign(payload));
const addresses = payloads.map(({ sub }) => `${sub}@example.org`);
const signatures = addresses.map(sign);

serveOperations({
  verifyToken: (repeat) => timed(() => verifyTokens(repeat, jwt, tokens)),
  verifyOldToken: (repeat) => timed(() => verifyTokens(repeat, jwtOfOldTokens, oldTokens)),
  signToken: (repeat) =>
    timed(() => {
      let length = 0;
      for (let step = 0; step < repeat; step++) length += jwt.sign(payloads[step % TOKENS]!).length;
      return length;
    }),
  sign: (repeat) =>
    timed(() => {
      let length = 0;
      for (let step = 0; step < repeat; step++) length += sign(addresses[step % TOKENS]!).length;
      return length;
    }),
  verify: (repeat) =>
    timed(() => {
      let verified = 0;
      for (let step = 0; step < repeat; step++) {
        if (verify(addresses[step % TOKENS]!, signatures[step % TOKENS]!)) verified++;
      }
      if (verified !== repeat) throw new Error('a signature was not found again');
      return verified;
    }),
});

function verifyTokens(repeat: number, service: JwtService, given: readonly string[]): number {
  let seconds = 0;
  for (let step = 0; step < repeat; step++) {
    seconds += service.verify<{ exp: number }>(given[step % TOKENS]!).exp;
  }
  return seconds;
}
