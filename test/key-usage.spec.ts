import { JwtModule, JwtService } from '@nestjs/jwt';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KeyMetrics, KeyRing, ProductionConfigModule } from 'nestjs-production-config';
import { reportKeys } from '../src/keys/index.js';
import { keyEnv, ringOf } from './support/fleet.ring.js';
import { OTHER_KEYS, SECRET_KEY as A } from './support/keys.js';
import { cursorOf, keyIn } from './support/page-cursors.js';

const [B, C] = OTHER_KEYS;
const idOf = (key: string) => ringOf(key).current.id;

/** The ring of an application that signs with B and still accepts A. */
async function startRotated(keys = [B, A], jwtOptions = (ring: KeyRing) => ring.jwtOptions()) {
  const testing = await Test.createTestingModule({
    imports: [
      ProductionConfigModule.forRoot({ env: keyEnv(keys) }),
      JwtModule.registerAsync({ inject: [KeyRing], useFactory: jwtOptions }),
    ],
  }).compile();
  onTestFinished(() => testing.close());
  const metrics = testing.get(KeyMetrics);
  const ring = testing.get(KeyRing);
  return { testing, metrics, ring, verified: () => metrics.snapshot().verified };
}

describe('what each key has verified', () => {
  it('is zero at the start, for each key', async () => {
    const { verified } = await startRotated();
    expect(verified()).toEqual({ [idOf(B)]: 0, [idOf(A)]: 0 });
  });

  it('counts signatures, keygrip, signed cookies and cursors by the key that made them', async () => {
    const { ring, verified } = await startRotated();
    const old = ringOf(A);
    const page = { sort: ['id'], list: 'orders' };
    const uses: (() => unknown)[] = [
      () => ring.verify('invitation', 'ada', old.sign('invitation', 'ada')),
      () => ring.keygrip('session').verify('ada', old.keygrip('session').sign('ada')),
      () => ring.keygrip('session').index('ada', old.keygrip('session').sign('ada')),
      () => ring.fastifySigner('cookies').unsign(old.fastifySigner('cookies').sign('ada')),
      ...[false, true].map((sealed) => () => {
        const after = cursorOf([7], { ...page, keys: old, sealed });
        return keyIn(after, { ...page, keys: ring, sealed });
      }),
    ];
    for (const [index, use] of uses.entries()) {
      use();
      expect(verified()).toEqual({ [idOf(B)]: 0, [idOf(A)]: index + 1 });
    }
    ring.verify('invitation', 'ada', ring.sign('invitation', 'ada'));
    expect(verified()).toEqual({ [idOf(B)]: 1, [idOf(A)]: uses.length });
  });

  it('counts no signature that no key made', async () => {
    const { ring, verified } = await startRotated();
    const other = ringOf(C);
    expect(ring.verify('invitation', 'ada', other.sign('invitation', 'ada'))).toBe(false);
    expect(ring.keygrip('session').index('ada', other.keygrip('session').sign('ada'))).toBe(-1);
    expect(ring.fastifySigner('cookies').unsign(other.fastifySigner('cookies').sign('ada')).valid).toBe(
      false,
    );
    expect(verified()).toEqual({ [idOf(B)]: 0, [idOf(A)]: 0 });
  });

  it('counts the tokens for which a key was chosen, and those of legacy secrets', async () => {
    const accepting = (ring: KeyRing) => ring.jwtOptions({ legacy: { secrets: [C] } });
    const { testing, verified } = await startRotated([B, A], accepting);
    const jwt = testing.get(JwtService);
    expect(verified()).toEqual({ [idOf(B)]: 0, [idOf(A)]: 0, legacy: 0 });
    const old = (await startRotated([A])).testing.get(JwtService);
    for (const token of [old.sign({}), old.sign({}), jwt.sign({}), new JwtService({ secret: C }).sign({})])
      jwt.verify(token);
    expect(verified()).toEqual({ [idOf(B)]: 1, [idOf(A)]: 2, legacy: 1 });
    const unknown = new JwtService({ secret: 'another secret, which nobody accepts' }).sign({});
    expect(() => jwt.verify(unknown)).toThrow('invalid signature');
    expect(verified()).toEqual({ [idOf(B)]: 1, [idOf(A)]: 2, legacy: 1 });
  });

  it('is a counter of prom-client by id, which a closed application does not decrease', async () => {
    const [one, other] = [await startRotated(), await startRotated()];
    const registry = new Registry();
    for (const { metrics } of [one, other]) await metrics.register(registry);
    const signature = ringOf(A).sign('p', 'ada');
    for (const { ring } of [one, one, other]) ring.verify('p', 'ada', signature);
    const shown = async () => (await registry.metrics()).split('\n').filter((line) => /verified/.test(line));
    const expected = [
      '# HELP key_ring_verified_total What a key of the key ring has verified, by its id',
      '# TYPE key_ring_verified_total counter',
      `key_ring_verified_total{id="${idOf(B)}"} 0`,
      `key_ring_verified_total{id="${idOf(A)}"} 3`,
    ];
    expect(await shown()).toEqual(expected);
    await one.testing.close();
    expect(await shown()).toEqual(expected);
  });
});

describe('the report of the keys', () => {
  it('names the time of a key, and says whether everything is counted', async () => {
    const scheduled = `since=2099-01-31T12:30Z;${B}`;
    const { ring, metrics } = await startRotated([scheduled, A]);
    ring.verify('p', 'ada', ring.sign('p', 'ada'));
    const report = {
      keys: [
        { id: idOf(A), isSigning: true, since: undefined, verified: 1 },
        { id: idOf(B), isSigning: false, since: '2099-01-31T12:30Z', verified: 0 },
      ],
      legacyVerified: undefined,
      isComplete: true,
      adopted: 0,
      refused: 0,
    };
    expect(reportKeys(ring, metrics)).toEqual(report);
    ring.secrets('session');
    expect(reportKeys(ring, metrics)).toEqual({ ...report, isComplete: false });
  });
});
