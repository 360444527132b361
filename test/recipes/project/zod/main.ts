import { AppConfig } from './app.config.js';

const { ATTEMPTS, REGION, STRIPE_KEY } = AppConfig.loadOrExit();
process.stdout.write(JSON.stringify({ ATTEMPTS, REGION, STRIPE_KEY }));
