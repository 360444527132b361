import { type SecretPart, secretPartsOf } from '../model/secret-texts.js';
import type { Setting } from '../model/setting.registry.js';

/** A secret that two settings have. */
export interface Reuse {
  readonly name: string;
  /** The place in the list, from 1, where the setting is one. */
  readonly item?: number;
  /** The setting that has it too. */
  readonly other: string;
}

/** A secret text, and the setting that has it. */
interface Owned extends SecretPart {
  readonly setting: Setting;
}

/**
 * Each place in which a secret setting shares a secret with one before it, in a list or as the password of a URL: one secret for
 * two purposes cannot be replaced for one of them, and a leak of one is a leak of both. Two URLs for one account are
 * one purpose, and a pair that one of the two names in `sharedWith` is meant.
 */
export function reusedSecrets(
  settings: Iterable<Setting>,
  values: Readonly<Record<string, unknown>>,
): Reuse[] {
  const owned: Owned[] = [];
  const found: Reuse[] = [];
  for (const setting of settings) {
    if (!setting.secret) continue;
    const value = values[setting.name];
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    const parts = items.flatMap((item, index) =>
      secretPartsOf(item).map((part) => ({ ...part, index, setting })),
    );
    for (const part of parts) {
      const other = owned.find((before) => isReuse(before, part));
      if (other === undefined) continue;
      const item = Array.isArray(value) ? { item: part.index + 1 } : {};
      found.push({ name: setting.name, ...item, other: other.setting.name });
    }
    owned.push(...parts);
  }
  return found;
}

function isReuse(before: Owned, part: Owned): boolean {
  if (before.text !== part.text) return false;
  if (part.account !== undefined && part.account === before.account) return false;
  const [one, other] = [before.setting, part.setting];
  return !one.sharedWith?.includes(other.name) && !other.sharedWith?.includes(one.name);
}
