import { AppConfig } from './app.config.js';

// Runs before Nest: with an invalid environment, nothing is connected yet, and only the report is printed.
export const config = AppConfig.loadOrExit();
