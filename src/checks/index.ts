export { BUILT_IN_CHECKS } from './built-in.checks.js';
export { type SilencedWarning, type Silence, applySilences, parseSilence } from './silences.js';
export { warningIdsOf } from './warning-ids.js';
