import { parseConnectionUrl } from '../connection-url.js';
import type { Setting } from '../setting.registry.js';

/** A secret that two settings have. */
export interface Reuse {
  readonly name: string;
  /** The place in the list, from 1, where the setting is one. */
  readonly item?: number;
  /** The setting that has it too. */
  readonly other: string;
}

/** A secret text, and for what account it is where it stands in a URL. */
interface Part {
  readonly text: string;
  readonly account?: string;
}

// What is shorter, in an object, may be its type or a name.
const MIN_MEMBER_LENGTH = 16;

/**
 * Each place in which a secret setting shares a secret with one before it, in a list or as the password of a URL: one secret for
 * two purposes cannot be replaced for one of them, and a leak of one is a leak of both. Two URLs for one account are
 * one purpose.
 */
export function reusedSecrets(
  settings: Iterable<Setting>,
  values: Readonly<Record<string, unknown>>,
): Reuse[] {
  const owners = new Map<string, Part & { readonly name: string }>();
  const found: Reuse[] = [];
  for (const { name, secret } of settings) {
    if (!secret) continue;
    const value = values[name];
    const items = Array.isArray(value) ? (value as unknown[]) : [value];
    const parts = items.flatMap((item, index) => partsOf(item).map((part) => ({ ...part, index })));
    for (const shared of parts.filter((part) => isOther(owners.get(part.text), part))) {
      const item = Array.isArray(value) ? { item: shared.index + 1 } : {};
      found.push({ name, ...item, other: owners.get(shared.text)!.name });
    }
    for (const part of parts) if (!owners.has(part.text)) owners.set(part.text, { ...part, name });
  }
  return found;
}

function isOther(owner: Part | undefined, { account }: Part): boolean {
  return owner !== undefined && (account === undefined || owner.account !== account);
}

function partsOf(value: unknown): Part[] {
  if (typeof value === 'string') {
    const url = parseConnectionUrl(value);
    const password = url?.password || url?.parameters.get('password');
    if (!url || !password) return [{ text: value }];
    const account = `${url.user}:${password}`;
    return [
      { text: value, account },
      { text: password, account },
    ];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value)
    .flatMap(partsOf)
    .filter(({ text }) => text.length >= MIN_MEMBER_LENGTH);
}
