import type { ConfigProblem } from '../model/config.error.js';
import type { Setting } from '../model/config-shape.js';
import type { RawSetting } from '../sources/layer.js';
import { cacheServerOf, usesTls } from '../urls/cache-server.js';
import { pairFault } from './pem.rules.js';

type Values = Readonly<Record<string, unknown>>;
type Settings = ReadonlyMap<string, Setting>;
type Readings = ReadonlyMap<string, RawSetting>;

export const CLIENT_CERTIFICATE_NAMES: readonly string[] = ['CACHE_CERT', 'CACHE_KEY'];

/** A client certificate without its key, or with another one. */
export function clientCertificateProblem(
  settings: Settings,
  values: Values,
  readings: Readings,
): ConfigProblem | undefined {
  // `pick()` may read one of them.
  if (!CLIENT_CERTIFICATE_NAMES.every((name) => settings.has(name))) return undefined;
  const { CACHE_CERT: certificate, CACHE_KEY: key } = values;
  if (certificate === undefined && key === undefined) return undefined;
  if (typeof certificate !== 'string')
    return problem('CACHE_KEY', 'is set, but CACHE_CERT is not', BOTH, readings);
  if (typeof key !== 'string') return problem('CACHE_CERT', 'is set, but CACHE_KEY is not', BOTH, readings);
  const fault = pairFault(certificate, key);
  return fault === undefined ? undefined : problem('CACHE_CERT', fault, PAIR, readings);
}

const BOTH = 'set both, as text or by CACHE_CERT_FILE and CACHE_KEY_FILE';
const PAIR =
  "put the service's own certificate first, then intermediates, and set the key that belongs to it";

const MATERIAL = ['CACHE_CA', 'CACHE_CERT', 'CACHE_KEY'] as const;
export const CACHE_TLS_NAMES: readonly string[] = [...MATERIAL, 'CACHE_URL'];

/** Certificates for a connection that is not encrypted: someone believes that it is. */
export function cacheTlsProblem(
  _settings: Settings,
  values: Values,
  readings: Readings,
): ConfigProblem | undefined {
  const { CACHE_URL: url } = values;
  const name = MATERIAL.find((each) => values[each] !== undefined);
  if (name === undefined || typeof url !== 'string' || usesTls(url)) return undefined;
  return cacheServerOf(url) === 'memcached'
    ? problem(
        name,
        'is set, but the client of memcached does not support TLS',
        `unset ${name}, or use Redis`,
        readings,
      )
    : problem(
        name,
        'is set, but CACHE_URL does not use TLS',
        'use rediss://, valkeys:// or rediss+sentinel://',
        readings,
      );
}

function problem(name: string, message: string, fix: string, readings: Readings): ConfigProblem {
  const origin = readings.get(name)?.origin;
  return { name, code: 'invalid', message, fix, ...(origin === undefined ? {} : { origin }) };
}
