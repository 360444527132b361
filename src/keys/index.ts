export type { KeyRingJwtModuleOptions, KeyRingJwtOptions } from './jwt.options.js';
export { KeyRingError } from './key-ring.error.js';
export { KeyRing, verifyInternal, signInternal } from './key-ring.js';
export type { Keygrip } from './keygrip.js';
export type { LegacySecrets } from './legacy-secrets.js';
