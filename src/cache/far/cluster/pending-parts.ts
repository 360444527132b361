import type { PendingChanges } from '../stale-key-repair.js';

interface Part extends PendingChanges {
  isAll: boolean;
  readonly keys: string[];
  readonly unsent: PendingChanges['unsent'][number][];
}

/** Splits changes by the masters of their keys. @param clearing the masters that are cleared if any key may be stale */
export function splitChanges<Master>(
  { isAll, keys, unsent }: PendingChanges,
  masterOf: (key: string) => Master,
  clearing: Iterable<Master>,
): ReadonlyMap<Master, PendingChanges> {
  const parts = new Map<Master, Part>();
  const partOf = (master: Master): Part => {
    const part = parts.get(master) ?? { isAll: false, keys: [], unsent: [] };
    parts.set(master, part);
    return part;
  };
  if (isAll) for (const master of clearing) partOf(master).isAll = true;
  for (const key of keys) partOf(masterOf(key)).keys.push(key);
  for (const each of unsent) partOf(masterOf(each[0])).unsent.push(each);
  return parts;
}
