import type { Environment } from './environment.js';

const ADDRESS = /^(?:tcp|udp|sctp):\/\/[[\]\da-f.:]+:\d{1,5}$/i;
const WITH_ADDRESS = /^(.+?)_PORT(?:_\d+_(?:TCP|UDP|SCTP))?$/;
const LINK =
  /^(.+?)_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/**
 * The variables with which Kubernetes (and Docker's --link) tells a container of each Service of its namespace, with the name of the
 * Service: `redis` sets REDIS_PORT=tcp://10.0.0.5:6379, REDIS_SERVICE_HOST and more. One of them that the
 * container's own specification sets to something else does not hide the others.
 */
export function serviceLinksIn(env: Environment): ReadonlyMap<string, string> {
  const names = Object.keys(env);
  const prefixes = new Set(
    names.filter((name) => isServiceAddress(env[name])).map((name) => WITH_ADDRESS.exec(name)?.[1]),
  );
  return new Map(
    names.flatMap((name) => {
      const [, prefix] = LINK.exec(name) ?? [];
      return prefix !== undefined && prefixes.has(prefix)
        ? [[name, prefix.toLowerCase().replaceAll('_', '-')]]
        : [];
    }),
  );
}

/** Whether a value is the address of a Service as these variables hold it. */
export function isServiceAddress(value: unknown): boolean {
  return typeof value === 'string' && ADDRESS.test(value);
}
