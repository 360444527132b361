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

/**
 * Each secret setting that shares a secret with one before it, in a list or as the password of a URL: one secret for
 * two purposes cannot be replaced for one of them, and a leak of one is a leak of both.
 */
export function reusedSecrets(
  settings: Iterable<Setting>,
  values: Readonly<Record<string, unknown>>,
): Reuse[] {
  const owners = new Map<string, string>();
  const found: Reuse[] = [];
  for (const { name, secret } of settings) {
    if (!secret) continue;
    const value = values[name];
    const items = Array.isArray(value) ? (value as unknown[]) : [value];
    const parts = items.flatMap((item, index) => secretsIn(item).map((text) => ({ text, index })));
    const shared = parts.find(({ text }) => owners.has(text));
    if (shared !== undefined) {
      const item = Array.isArray(value) ? { item: shared.index + 1 } : {};
      found.push({ name, ...item, other: owners.get(shared.text)! });
    }
    for (const { text } of parts) if (!owners.has(text)) owners.set(text, name);
  }
  return found;
}

function secretsIn(value: unknown): string[] {
  if (typeof value === 'string') {
    const password = parseConnectionUrl(value)?.password;
    return password ? [value, password] : [value];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : [];
}
