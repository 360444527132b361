export { testConfig, testEnv } from './test.config.js';
