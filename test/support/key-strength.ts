import { ConfigError, ProductionConfig } from 'nestjs-production-config';

/** Whether a key, or one of its fallbacks, is refused as weak. */
export function isRefused(key: string, fallbacks: readonly string[] = []): boolean {
  try {
    ProductionConfig.load({ SECRET_KEY: key, SECRET_KEY_FALLBACKS: JSON.stringify(fallbacks) });
    return false;
  } catch (error) {
    if (error instanceof ConfigError && error.problems[0]?.code === 'weak') return true;
    throw error;
  }
}
