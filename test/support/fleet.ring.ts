import { KeyRing, ProductionConfig } from 'nestjs-production-config';

/** The environment of a service whose SECRET_KEY is the first key, and whose SECRET_KEY_FALLBACKS are the others. */
export function keyEnv([current, ...fallbacks]: readonly string[]): Record<string, string> {
  return {
    NODE_ENV: 'production',
    SECRET_KEY: current ?? '',
    ...(fallbacks.length > 0 && { SECRET_KEY_FALLBACKS: fallbacks.join(',') }),
  };
}

/** The ring of a service that has these keys. */
export function ringOf(...keys: readonly string[]): KeyRing {
  return new KeyRing(ProductionConfig.load(keyEnv(keys)));
}
