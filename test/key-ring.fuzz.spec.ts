import { createHmac, type KeyObject } from 'node:crypto';
import { JsonWebTokenError, JwtService } from '@nestjs/jwt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyRingError } from 'nestjs-production-config';
import { ringOf } from './support/fleet.ring.js';
import { OTHER_KEYS, SECRET_KEY as A } from './support/keys.js';
import { runs } from './support/runs.js';

const [B, C] = OTHER_KEYS;
const ring = ringOf(A);
const rotated = ringOf(B, A);
const foreign = ringOf(B, C);

const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
const purpose = fc.string({ unit: fc.constantFrom(...ascii), minLength: 1, maxLength: 200 });
/** Any JavaScript string, including ones with lone surrogates. */
const codeUnits = fc
  .array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 50 })
  .map((units) => String.fromCharCode(...units));
const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), codeUnits);
const text = anyText.map((units) => Buffer.from(units).toString());
const bytes = fc.uint8Array({ maxLength: 300 });
const data = fc.oneof(text, bytes);

/** One small change at one position of a text. */
const change = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replaced', 'inserted', 'removed', 'cut', 'swapped case'),
  by: fc.oneof(fc.constantFrom(...ascii), fc.string({ unit: 'binary', minLength: 1, maxLength: 2 })),
});

function changed(original: string, { at, how, by }: { at: number; how: string; by: string }): string {
  const index = at % (original.length + 1);
  const [before, behind] = [original.slice(0, index), original.slice(index)];
  if (how === 'replaced') return before + by + behind.slice(1);
  if (how === 'inserted') return before + by + behind;
  if (how === 'removed') return before + behind.slice(1);
  if (how === 'cut') return before;
  const [first = ''] = behind;
  return (
    before + (first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase()) + behind.slice(1)
  );
}

const sameBytes = (a: string | Uint8Array, b: string | Uint8Array) => Buffer.from(a).equals(Buffer.from(b));

describe('signatures', () => {
  it('are valid for any purpose and data in every ring with the key, and differ between sign() and keygrip()', () => {
    fc.assert(
      fc.property(purpose, data, (forWhat, signed) => {
        const signature = ring.sign(forWhat, signed);
        expect(signature).toMatch(/^[\w-]{43}$/);
        expect(ring.verify(forWhat, signed, signature)).toBe('current');
        expect(rotated.verify(forWhat, signed, signature)).toBe('stale');
        expect(foreign.verify(forWhat, signed, signature)).toBe(false);
        expect(ring.verify(forWhat, Buffer.from(signed), signature)).toBe('current');
        if (typeof signed !== 'string') return;
        const digest = ring.keygrip(forWhat).sign(signed);
        expect(rotated.keygrip(forWhat).index(signed, digest)).toBe(1);
        expect(digest).not.toBe(signature);
      }),
      { numRuns: runs(1_000) },
    );
  });

  it('are invalid after any change to the signature, the data or the purpose', () => {
    fc.assert(
      fc.property(purpose, data, change, (forWhat, signed, how) => {
        const signature = rotated.sign(forWhat, signed);
        const digest = rotated.keygrip(forWhat).sign('a=b');
        const other = changed(signature, how);
        if (other !== signature) expect(rotated.verify(forWhat, signed, other)).toBe(false);
        const otherDigest = changed(digest, how);
        if (otherDigest !== digest) expect(rotated.keygrip(forWhat).index('a=b', otherDigest)).toBe(-1);

        const otherData = typeof signed === 'string' ? changed(signed, how) : changedBytes(signed, how.at);
        if (!sameBytes(otherData, signed)) expect(rotated.verify(forWhat, otherData, signature)).toBe(false);

        const otherPurpose = changed(forWhat, how);
        if (otherPurpose === forWhat || !/^[\x20-\x7e]{1,200}$/.test(otherPurpose)) return;
        expect(rotated.verify(otherPurpose, signed, signature)).toBe(false);
        expect(rotated.keygrip(otherPurpose).verify('a=b', digest)).toBe(false);
      }),
      { numRuns: runs(3_000) },
    );
  });

  it('differ for any two different texts', () => {
    fc.assert(
      fc.property(text, text, (one, another) => {
        expect(ring.sign('p', one) === ring.sign('p', another)).toBe(one === another);
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('are refused for a text with a lone surrogate, which UTF-8 cannot encode unambiguously', () => {
    fc.assert(
      fc.property(anyText, (given) => {
        const isWellFormed = Buffer.from(given).toString() === given;
        if (isWellFormed) expect(ring.verify('p', given, ring.sign('p', given))).toBe('current');
        else expect(() => ring.sign('p', given)).toThrow(KeyRingError);
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('are invalid if replaced by any other value', () => {
    fc.assert(
      fc.property(fc.anything({ withTypedArray: true, withBigInt: true, withSparseArray: true }), (given) => {
        expect(rotated.verify('p', 'data', given)).toBe(false);
        expect(rotated.keygrip('p').index('a=b', given as string)).toBe(-1);
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('are refused only with a KeyRingError for any other purpose and data', () => {
    const anything = fc.anything({ withTypedArray: true, withNullPrototype: true, withBigInt: true });
    fc.assert(
      fc.property(anything, anything, (forWhat, signed) => {
        try {
          expect(ring.sign(forWhat as string, signed as string)).toMatch(/^[\w-]{43}$/);
          expect(typeof signed === 'string' || signed instanceof Uint8Array).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(KeyRingError);
        }
      }),
      { numRuns: runs(2_000) },
    );
  });
});

function changedBytes(original: Uint8Array, at: number): Uint8Array {
  if (original.length === 0) return Uint8Array.of(at);
  const copy = Uint8Array.from(original);
  copy[at % copy.length]! ^= 1 << (at % 8);
  return copy;
}

describe('JwtService', () => {
  const jwt = new JwtService(rotated.jwtOptions());
  const accepting = new JwtService(rotated.jwtOptions({ legacy: { secrets: [B, A] } }));
  const keyOf = (secret: string) => ringOf(secret).jwtOptions().secretOrKeyProvider(0, {});
  const ours = keyOf(A);
  const theirs = keyOf(C);
  const stock = new JwtService({ secret: ours, verifyOptions: { algorithms: ['HS256'] } });

  const base64url = (value: string) => Buffer.from(value).toString('base64url');
  const signed = (input: string, key: KeyObject, hash = 'sha256') =>
    `${input}.${createHmac(hash, key).update(input).digest('base64url')}`;

  const alg = fc.oneof(
    { weight: 4, arbitrary: fc.constant('HS256') },
    fc.constantFrom<unknown>('HS384', 'HS512', 'RS256', 'none', 'None', '', null, ['HS256'], 1),
  );
  const kid = fc.oneof(fc.constantFrom<unknown>(...rotated.ids, '__proto__', '0', -1), fc.jsonValue());
  const typ = fc.constantFrom<unknown>('JWT', 'jwt', 1);
  const fields = fc.record({ alg, typ, kid }, { requiredKeys: [] });
  const header = fc.oneof(
    { weight: 4, arbitrary: fields.map((members) => JSON.stringify(members)) },
    fc.json(),
    fc.string(),
  );
  const payload = fc.oneof(fc.json(), fc.string(), fc.constant('{"sub":"ada"}'));
  const input = fc.tuple(header, payload).map((parts) => parts.map(base64url).join('.'));

  /** The result of verifying a token: its payload or the error. */
  function outcomeOf(service: JwtService, token: string): { payload: unknown } | { error: Error } {
    try {
      return { payload: service.verify<object>(token) };
    } catch (error) {
      return { error: error as Error };
    }
  }

  /** Expects the same error as from the stock module: jsonwebtoken's own, or the one of JSON.parse(). */
  function expectRefused(token: string): void {
    const expected = outcomeOf(stock, token);
    for (const service of [jwt, accepting]) {
      const outcome = outcomeOf(service, token);
      expect(outcome).toEqual(expected);
      const error = 'error' in outcome ? outcome.error : undefined;
      expect(error instanceof JsonWebTokenError || error instanceof SyntaxError).toBe(true);
    }
  }

  it('refuses any changed token', () => {
    const valid = new JwtService(ring.jwtOptions()).sign({ sub: 'ada', admin: false });
    expect(jwt.verify(valid)).toMatchObject({ sub: 'ada' });
    fc.assert(
      fc.property(change, (how) => {
        const token = changed(valid, how);
        if (token !== valid) expectRefused(token);
      }),
      { numRuns: runs(3_000) },
    );
  });

  it('refuses any malformed token', () => {
    const part = fc.base64String().map((base64) => base64.replace(/=+$/, ''));
    const garbage = fc.oneof(
      fc.string(),
      codeUnits,
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.')),
      fc.array(header.map(base64url), { maxLength: 4 }).map((parts) => parts.join('.')),
      input.map((unsigned) => `${unsigned}.`),
      fc.tuple(input, part).map((parts) => parts.join('.')),
      input.map((unsigned) => signed(unsigned, theirs)),
    );
    fc.assert(fc.property(garbage, expectRefused), { numRuns: runs(5_000) });
  });

  it('gives the same result as the stock module for any header signed with the same key', () => {
    let accepted = 0;
    const hash = fc.constantFrom('sha256', 'sha256', 'sha384', 'sha512');
    fc.assert(
      fc.property(input, hash, (unsigned, name) => {
        const token = signed(unsigned, ours, name);
        // A token under the kid of another key of the ring is refused; the stock module ignores the kid.
        fc.pre(!Buffer.from(unsigned.split('.')[0]!, 'base64url').toString().includes(rotated.current.id));
        const outcome = outcomeOf(jwt, token);
        expect(outcome).toEqual(outcomeOf(stock, token));
        if ('payload' in outcome) accepted++;
      }),
      { numRuns: runs(5_000) },
    );
    expect(accepted).toBeGreaterThan(runs(150));
  });
});
