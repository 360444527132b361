import { randomBytes } from 'node:crypto';

/**
 * Every setting of the library; the stock schema reads the same ones. CACHE_URL is left out: both cache in process,
 * unless a question is about a shared cache.
 */
const SETTINGS = {
  NODE_ENV: 'production',
  SECRET_KEY: randomBytes(32).toString('hex'),
  SECRET_KEY_FALLBACKS: randomBytes(32).toString('hex'),
  DEBUG: 'false',
  LOG_LEVEL: 'log',
  PORT: '3000',
  PAGE_SIZE: '100',
  MAX_PAGE_SIZE: '100',
  CACHE_TTL_SECONDS: '600',
  CACHE_MAX_ENTRIES: '4096',
  CACHE_MAX_BYTES: '64mb',
  CACHE_NAMESPACE: 'orders',
  CACHE_TIMEOUT_MS: '50',
  DATABASE_URL: 'postgres://orders:orders@127.0.0.1:5432/orders',
  DATABASE_POOL_MAX: '10',
};

/** Other variables of a container: Kubernetes sets seven for each service of the namespace. */
function serviceLinks(service: string): Record<string, string> {
  const port = `${service}_PORT_80_TCP`;
  return {
    [`${service}_SERVICE_HOST`]: '10.0.0.1',
    [`${service}_SERVICE_PORT`]: '80',
    [`${service}_PORT`]: 'tcp://10.0.0.1:80',
    [port]: 'tcp://10.0.0.1:80',
    [`${port}_PROTO`]: 'tcp',
    [`${port}_PORT`]: '80',
    [`${port}_ADDR`]: '10.0.0.1',
  };
}

/** The environment of every measured process, without that of the machine, so that all runs see the same. */
export const SERVICE_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '',
  HOSTNAME: 'orders-7d4b9c6f5-x2x7k',
  ...serviceLinks('KUBERNETES'),
  ...serviceLinks('ORDERS'),
  ...serviceLinks('INVOICES'),
  ...SETTINGS,
};
