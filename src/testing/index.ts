/**
 * Helpers for the tests of a service.
 *
 * @module nestjs-production-config/testing
 */

export { testConfig, testEnv } from './test.config.js';
