import type { ConfigWarning } from './config.warning.js';
import type { Setting } from './setting.registry.js';

/** The settings of a class after everything was read and checked. */
export interface LoadedSettings {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where each value came from; a setting without an entry was not set. */
  readonly origins: ReadonlyMap<string, string>;
  readonly warnings: readonly ConfigWarning[];
}
