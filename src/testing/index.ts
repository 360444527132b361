/**
 * What the tests of a service import.
 *
 * @module nestjs-production-config/testing
 */

export { testConfig, testEnv } from './test.config.js';
