/** What a URL of Redis can lead to, beside a server that processes can share. */
type Kind = 'cluster' | 'sentinel' | 'replica';

const TEXTS: Readonly<Record<Kind, readonly [problem: string, fix: string]>> = {
  cluster: [
    'leads to a node of a Redis Cluster, which is not supported',
    'name a server that is in no cluster',
  ],
  sentinel: ['leads to a Redis Sentinel, which is not supported', 'name the primary server itself'],
  replica: ['leads to a replica, which takes no changes', 'name the primary server'],
};

/** CACHE_URL leads to a server on which processes cannot share a cache. The message holds no part of the URL. */
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
