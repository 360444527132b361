export type { KeyRingJwtModuleOptions, KeyRingJwtOptions } from './jwt.options.js';
export { KeyRingError } from './key-ring.error.js';
export {
  sealInternal,
  signInternal,
  signInternalWithEach,
  unsealInternal,
  verifyInternal,
} from './internal-keys.js';
export { KeyRing } from './key-ring.js';
export { KeyMetrics, type KeySnapshot } from './key.metrics.js';
export { type KeyReport, type KeysReport, reportKeys } from './keys.report.js';
export { KeyReload } from './key-reload.js';
export type { FastifySigner, UnsignedCookie } from './fastify-signer.js';
export type { Keygrip } from './keygrip.js';
export type { LegacySecrets } from './legacy-secrets.js';
