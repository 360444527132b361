/** The kinds of Redis servers on which processes cannot share a cache. */
type Kind = 'cluster' | 'sentinel' | 'replica';

const TEXTS: Readonly<Record<Kind, readonly [problem: string, fix: string]>> = {
  cluster: [
    'points to a node of a Redis Cluster, which is not supported',
    'use a server that is not part of a cluster',
  ],
  sentinel: ['points to a Redis Sentinel, which is not supported', 'use the address of the primary server'],
  replica: ['points to a replica, which is read-only', 'use the address of the primary server'],
};

/** CACHE_URL points to a server on which processes cannot share a cache. The message holds no part of the URL. */
export class UnsupportedServerError extends Error {
  /** Stable: REDIS_CLUSTER, REDIS_SENTINEL or REDIS_REPLICA. */
  readonly code: `REDIS_${Uppercase<Kind>}`;
  readonly problem: string;
  readonly fix: string;

  constructor(kind: Kind) {
    const [problem, fix] = TEXTS[kind];
    super(`CACHE_URL ${problem}: ${fix}`);
    this.name = 'UnsupportedServerError';
    this.code = `REDIS_${kind.toUpperCase() as Uppercase<Kind>}`;
    this.problem = problem;
    this.fix = fix;
  }
}
