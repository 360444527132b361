import type { InternalPurpose } from './internal-purposes.js';
import { type KeyRing, keysOf } from './key-ring.js';
import { seal, unseal } from './sealing.js';
import { indexOfSigner, signatureOf, type Signable } from './signature.js';

/** Signs for a reserved purpose. */
export function signInternal(ring: KeyRing, purpose: InternalPurpose, data: Signable): string {
  return signatureOf(keysOf(ring).derived.keysFor('sign', purpose)[0]!, data);
}

/** Signs for a reserved purpose with each key, in the order of the ring's ids. */
export function signInternalWithEach(ring: KeyRing, purpose: InternalPurpose, data: Signable): string[] {
  return keysOf(ring)
    .derived.keysFor('sign', purpose)
    .map((key) => signatureOf(key, data));
}

/** Whether `signInternal` made the signature. */
export function verifyInternal(
  ring: KeyRing,
  purpose: InternalPurpose,
  data: unknown,
  signature: unknown,
): boolean {
  const { derived, counts } = keysOf(ring);
  return counts.count(indexOfSigner(derived.keysFor('sign', purpose), data, signature)) !== -1;
}

/** Encrypts a text for a reserved purpose, bound to its context. */
export function sealInternal(ring: KeyRing, purpose: InternalPurpose, text: string, context: string): string {
  return seal(keysOf(ring).derived.keysFor('seal', purpose)[0]!, text, context);
}

/** Reverses `sealInternal`; undefined if no key of the ring made it for this context. */
export function unsealInternal(
  ring: KeyRing,
  purpose: InternalPurpose,
  sealed: string,
  context: string,
): string | undefined {
  const { derived, counts } = keysOf(ring);
  const unsealed = unseal(derived.keysFor('seal', purpose), sealed, context);
  if (unsealed !== undefined) counts.count(unsealed.index);
  return unsealed?.text;
}
