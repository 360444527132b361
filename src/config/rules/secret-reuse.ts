import { type SecretPart, secretPartsOf } from '../model/secret-texts.js';
import type { Setting } from '../model/config-shape.js';

/** A secret that two settings share. */
export interface Reuse {
  readonly name: string;
  /** The position in the list, from 1, if the setting is a list. */
  readonly item?: number;
  /** The other setting with the same secret. */
  readonly other: string;
}

/** A secret text, and the setting that has it. */
interface OwnedSecret extends SecretPart {
  readonly setting: Setting;
}

/**
 * Finds secrets that a setting shares with an earlier one, including list items and passwords of URLs. A secret with
 * two purposes cannot be replaced for one of them, and a leak affects both. Two URLs for the same account are one
 * purpose. Pairs in `sharedWith` are intended.
 */
export function findReusedSecrets(
  settings: Iterable<Setting>,
  values: Readonly<Record<string, unknown>>,
): Reuse[] {
  const owned: OwnedSecret[] = [];
  const found: Reuse[] = [];
  for (const setting of settings) {
    if (!setting.secret) continue;
    const value = values[setting.name];
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    const parts = items.flatMap((item, index) =>
      secretPartsOf(item).map((part) => ({ ...accountOf(setting, values), ...part, index, setting })),
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

/** A database by its parts has the same account as a URL with this user and password. */
function accountOf({ name }: Setting, values: Readonly<Record<string, unknown>>): Partial<SecretPart> {
  const { DATABASE_USER: user, DATABASE_PASSWORD: password } = values;
  return name === 'DATABASE_PASSWORD' ? { account: `${String(user)}:${String(password)}` } : {};
}

function isReuse(before: OwnedSecret, part: OwnedSecret): boolean {
  if (before.text !== part.text) return false;
  if (part.account !== undefined && part.account === before.account) return false;
  const [one, other] = [before.setting, part.setting];
  return !isShared(one, other) && !isShared(other, one);
}

/** In `sharedWith`, a setting of the same group is named by its field: the group may have any prefix. */
function isShared({ sharedWith = [], path }: Setting, other: Setting): boolean {
  const isSibling = path.slice(0, -1).join('.') === other.path.slice(0, -1).join('.');
  return sharedWith.includes(other.name) || (isSibling && sharedWith.includes(other.path.at(-1)!));
}
