import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seal, unseal } from '../src/keys/sealing.js';
import { runs } from './support/runs.js';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => createSecretKey(bytes));
const context = fc.string({ unit: 'binary', maxLength: 30 });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('', '\0', '👩‍👩‍👧', '\uFEFFtext', 'a'.repeat(5_000)),
);
const RUNS = { numRuns: runs(3_000) };

describe('seal()', () => {
  it('round-trips any text for its key and its context, among other keys', () => {
    fc.assert(
      fc.property(
        fc.array(key, { minLength: 1, maxLength: 4 }),
        fc.nat(3),
        text,
        context,
        (keys, at, plain, own) => {
          const sealed = seal(keys[at % keys.length]!, plain, own);
          expect(sealed).toMatch(/^[\w-]{43,}$/);
          expect(unseal(keys, sealed, own)?.text).toBe(plain);
        },
      ),
      RUNS,
    );
  });

  it('opens for no other context', () => {
    fc.assert(
      fc.property(key, text, context, context, (own, plain, one, other) => {
        fc.pre(one !== other);
        expect(unseal([own], seal(own, plain, one), other)).toBeUndefined();
      }),
      RUNS,
    );
  });

  it('does not confuse a context with the start of the text', () => {
    fc.assert(
      fc.property(key, text, fc.nat(20), (own, joined, at) => {
        const [one, other] = [Math.min(at, joined.length), 0].map((cut) => ({
          context: joined.slice(0, cut),
          text: joined.slice(cut),
        }));
        fc.pre(one!.context !== '' && !/\p{Surrogate}/u.test(`${one!.context} ${one!.text}`));
        const sealed = seal(own, one!.text, one!.context);
        expect(sealed.slice(0, 20)).not.toBe(seal(own, other!.text, other!.context).slice(0, 20));
        expect(unseal([own], sealed, other!.context)).toBeUndefined();
      }),
      RUNS,
    );
  });

  it('opens with no other key', () => {
    fc.assert(
      fc.property(key, fc.array(key, { maxLength: 4 }), text, context, (own, others, plain, own2) => {
        fc.pre(others.every((other) => !other.equals(own)));
        expect(unseal(others, seal(own, plain, own2), own2)).toBeUndefined();
      }),
      RUNS,
    );
  });

  it('makes the same of the same, and shares no byte sequence between different texts', () => {
    fc.assert(
      fc.property(key, text, text, context, (own, one, other, own2) => {
        expect(seal(own, one, own2)).toBe(seal(own, one, own2));
        fc.pre(one !== other);
        const [first, second] = [one, other].map((plain) => seal(own, plain, own2));
        expect(first!.slice(0, 20)).not.toBe(second!.slice(0, 20));
        expect(first!.slice(-20)).not.toBe(second!.slice(-20));
      }),
      RUNS,
    );
  });

  it('opens nothing that it did not seal', () => {
    const any = fc.oneof(
      fc.string(),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    );
    fc.assert(
      fc.property(key, any, context, (own, forged, own2) => {
        expect(unseal([own], forged, own2)).toBeUndefined();
      }),
      RUNS,
    );
  });
});
