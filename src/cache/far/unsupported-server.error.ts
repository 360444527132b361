/** The kinds of Redis servers on which processes cannot share a cache, and of Sentinels that lead to no server. */
type Kind =
  | 'cluster'
  | 'no-cluster'
  | 'sentinel'
  | 'replica'
  | 'no-sentinel'
  | 'sentinel-account'
  | 'unknown-master'
  | 'failover';

const TEXTS: Readonly<Record<Kind, readonly [problem: string, fix: string]>> = {
  cluster: [
    'names a database of a Redis Cluster, which has only database 0',
    'remove the number of the database',
  ],
  'no-cluster': [
    'names several hosts, but leads to a server that is not a node of a cluster',
    'name one server, or use redis+sentinel:// for Sentinels',
  ],
  sentinel: [
    'points to a Redis Sentinel',
    'use redis+sentinel:// and the name of the master, as in redis+sentinel://host:26379/mymaster',
  ],
  replica: ['points to a replica, which is read-only', 'use the address of the primary server'],
  'no-sentinel': [
    'names Sentinels, but leads to a server of another kind',
    'use the port of the Sentinels, 26379 by default, or redis:// for the server itself',
  ],
  'sentinel-account': [
    'names Sentinels that refuse its account',
    'add ?sentinelPassword=…, and &sentinelUser=… if they have users',
  ],
  'unknown-master': [
    'names a master that its Sentinels do not monitor',
    'use the name from `sentinel monitor` in their configuration',
  ],
  failover: [
    'names Sentinels that lead to a replica',
    'wait for the failover to end; if it does not, compare SENTINEL MASTER on each of them',
  ],
};

/**
 * CACHE_URL points to a server on which processes cannot share a cache, or to Sentinels that lead to none. The message holds no
 * part of the URL.
 */
export class UnsupportedServerError extends Error {
  readonly problem: string;
  readonly fix: string;

  constructor(readonly kind: Kind) {
    const [problem, fix] = TEXTS[kind];
    super(`CACHE_URL ${problem}: ${fix}`);
    this.name = 'UnsupportedServerError';
    this.problem = problem;
    this.fix = fix;
  }
}

/** None of the Sentinels in CACHE_URL answers. */
export class SentinelsUnreachableError extends Error {
  /** @param cause why the first one does not answer */
  constructor(override readonly cause: unknown) {
    super('none of the Sentinels answers');
    this.name = 'SentinelsUnreachableError';
  }
}
