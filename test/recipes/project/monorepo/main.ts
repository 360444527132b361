import { OrdersConfig } from './orders.config.js';

const { REGION, MAX_ORDERS } = OrdersConfig.loadOrExit();
process.stdout.write(`${REGION} ${MAX_ORDERS}`);
