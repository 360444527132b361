import type * as Redis from '@redis/client';
import { setTimeout as delay } from 'node:timers/promises';
import { RedisSentinel } from './redis.sentinel.js';
import type { RedisLocation, RedisServer, SentinelServer } from './redis.server.js';
import { SentinelsUnreachableError, UnsupportedServerError } from '../unsupported-server.error.js';

/** How long the first answer waits for newer ones. */
const GRACE_MS = 100;
/** Regular questions detect lost connections and missed announcements. */
const ASK_EVERY_MS = 2000;

/** The server that Sentinels name. The newest of their answers counts. */
export class RedisSentinels implements RedisLocation {
  private readonly all: readonly RedisSentinel[];
  /** The URL of the server that was found last. */
  private located: string | undefined;
  private onMoved: () => void = () => undefined;
  private asking: NodeJS.Timeout | undefined;

  constructor(
    redis: typeof Redis,
    private readonly server: SentinelServer,
  ) {
    this.all = server.sentinels.sentinels.map(
      (url) => new RedisSentinel(redis, url, server, (sentinel) => void this.askAgain(sentinel)),
    );
  }

  get sentinels() {
    const answering = this.all.filter(({ latest }) => latest !== undefined).length;
    return { answering, all: this.all.length };
  }

  /** @throws UnsupportedServerError if they answer, but know no primary; SentinelsUnreachableError */
  async reach<T>(connect: (server: RedisServer) => Promise<T>): Promise<T> {
    const { sentinels: _, ...access } = this.server;
    const url = await this.locate();
    try {
      return await connect({ ...access, url });
    } catch (error) {
      const isReplica = error instanceof UnsupportedServerError && error.kind === 'replica';
      throw isReplica ? new UnsupportedServerError('failover') : error;
    }
  }

  watch(onMoved: () => void): void {
    this.onMoved = onMoved;
    this.asking ??= setInterval(() => {
      for (const sentinel of this.all) void this.askAgain(sentinel);
    }, ASK_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.asking);
    this.asking = undefined;
    this.onMoved = () => undefined;
    for (const sentinel of this.all) sentinel.close();
  }

  /** Asks all, and returns the newest answer of those that answer soon. */
  private async locate(): Promise<string> {
    const answers = this.all.map((sentinel) => sentinel.ask());
    const all = Promise.allSettled(answers);
    try {
      const first = await Promise.any(answers);
      await Promise.race([all, delay(GRACE_MS, undefined, { ref: false })]);
      // One that has answered may have lost its connection meanwhile.
      this.located = this.newest ?? first.url;
      return this.located;
    } catch (error) {
      throw mostSpecific((error as AggregateError).errors);
    }
  }

  /** The URL in the newest answer; if several are equally new, that of the present server. */
  private get newest(): string | undefined {
    const known = this.all.flatMap(({ latest }) => latest ?? []);
    const epoch = Math.max(...known.map((answer) => answer.epoch));
    const urls = known.filter((answer) => answer.epoch === epoch).map(({ url }) => url);
    return urls.find((url) => url === this.located) ?? urls[0];
  }

  private async askAgain(sentinel: RedisSentinel): Promise<void> {
    await sentinel.ask().catch(() => undefined);
    const { newest } = this;
    if (newest === undefined || this.located === undefined || newest === this.located) return;
    this.located = newest;
    this.onMoved();
  }
}

/** An error that a Sentinel reports explains more than the silence of another one. */
function mostSpecific(errors: readonly unknown[]): unknown {
  const reported = errors.find((error) => error instanceof UnsupportedServerError);
  return reported ?? new SentinelsUnreachableError(errors[0]);
}
