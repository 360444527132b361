import { type ConfigClass, WARNING_IDS, settingsOf, warningIdOf } from '../config/index.js';

/** The ids of all warnings that a class can raise under any NODE_ENV. */
export function warningIdsOf(type: ConfigClass): string[] {
  const overlays = [type, ...Object.values(type.environments)];
  const settings = overlays.flatMap((overlay) => [...settingsOf(type, overlay).values()]);
  const own = settings.filter(({ warn }) => warn !== undefined).map(warningIdOf);
  return [...new Set([...WARNING_IDS, ...own])];
}
