import { HttpException } from '@nestjs/common';
import { PageError } from './page.error.js';

// As nginx names it. Nest logs no HttpException, and nobody is there to read it.
const CLIENT_CLOSED_REQUEST = 499;

/** Anything that yields rows one by one: a generator, an iterator, an object stream, a database cursor. */
export type RowSource = (AsyncIterable<unknown> | Iterable<unknown>) & {
  destroy?: () => unknown;
  readonly readableObjectMode?: boolean;
};

/** Rows of a source that holds rows, or the source as it was where it holds the chunks of a text or a file. */
type ReadResult = { readonly rows: readonly unknown[] } | { readonly chunks: AsyncIterable<unknown> };

/** What tells that nobody waits for the answer any more: Node's response. */
export interface Client extends Connection {
  readonly destroyed?: boolean;
  /** Null while answers to earlier requests of the same connection are being sent. */
  readonly socket?: Connection | null;
  readonly req?: { readonly socket: Connection };
}

/** Streams that say they carry bytes are files; whatever else can be iterated asynchronously may hold rows. */
export function isRowSource(value: object): value is RowSource {
  if (!(Symbol.asyncIterator in value)) {
    return Symbol.iterator in value && typeof (value as { next?: unknown }).next === 'function';
  }
  const { readableObjectMode } = value as { readableObjectMode?: boolean };
  return readableObjectMode !== false && !isThenable(value);
}

/** A promise, or a query builder that is one in disguise. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayBe = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return mayBe && typeof (value as { then?: unknown }).then === 'function';
}

/**
 * Pulls rows until there are as many as `most` says, then closes the source: once, also when the client leaves before
 * they have come.
 *
 * @throws HttpException (status 499) when it does: what was read in part is no answer that anyone could keep
 */
export async function readRows(source: RowSource, most: () => number, client: Client): Promise<ReadResult> {
  const reader = new RowReader(source, most);
  return new Promise((resolve, reject) => {
    const onClose = () => {
      // Whatever the source still says, nobody is there to hear it.
      reader.leave().catch(() => undefined);
      reject(new HttpException('The client closed the connection', CLIENT_CLOSED_REQUEST));
    };
    if (client.destroyed === true) return onClose();
    // Node tells a response without a socket nothing of a connection that closes.
    const connection = client.socket === null ? (client.req?.socket ?? client) : client;
    const stopWaiting = onceClosed(connection, onClose);
    reader.read().finally(stopWaiting).then(resolve, reject);
  });
}

class RowReader {
  readonly rows: unknown[] = [];
  private readonly iterator: AsyncIterator<unknown> | Iterator<unknown>;
  private ended = false;

  constructor(
    private readonly source: RowSource,
    private readonly most: () => number,
  ) {
    this.iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  async read(): Promise<ReadResult> {
    while (!this.ended && this.rows.length < this.most()) {
      const value = await this.next();
      if (this.ended) return this;
      if (this.rows.length === 0 && this.isChunk(value)) return { chunks: this.resume(value) };
      this.rows.push(value);
    }
    await this.close();
    return this;
  }

  /** A stream waits for its next chunk before it hears of `return()`, so it is destroyed instead. */
  async leave(): Promise<void> {
    if (this.ended || this.source.destroy === undefined) return this.close();
    this.ended = true;
    this.source.destroy();
  }

  /** Nest sends a generator's texts and bytes as they come; in an object stream only bytes are no rows. */
  private isChunk(value: unknown): boolean {
    const isText = typeof value === 'string' && this.source.readableObjectMode !== true;
    return isText || value instanceof Uint8Array;
  }

  private async next(): Promise<unknown> {
    try {
      const { done, value } = await this.iterator.next();
      if (done === true) this.ended = true;
      return value;
    } catch (error) {
      // A source that throws has closed itself.
      this.ended = true;
      throw error;
    }
  }

  private async close(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.iterator.return?.();
  }

  private async *resume(first: unknown): AsyncGenerator {
    try {
      for (let chunk = first; !this.ended; chunk = await this.next()) {
        if (!this.isChunk(chunk))
          throw new PageError('ERR_PAGE_OVERRUN', 'a source that started with text returned a row');
        yield chunk;
      }
    } finally {
      await this.close();
    }
  }
}

/** What tells that its other end has gone: a socket, or Node's response. */
interface Connection {
  once(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
}

interface Waiting {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<Connection, Waiting>();

/**
 * Calls back once the connection closes; answers with what stops the waiting. One listener serves all, because the
 * client decides how many requests wait on its connection, and Node warns of many listeners.
 */
function onceClosed(connection: Connection, callback: () => void): () => void {
  const { callbacks, listener } = waiting.get(connection) ?? listenTo(connection);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size > 0 || waiting.get(connection)?.callbacks !== callbacks) return;
    waiting.delete(connection);
    connection.off('close', listener);
  };
}

function listenTo(connection: Connection): Waiting {
  const callbacks = new Set<() => void>();
  const listener = () => {
    waiting.delete(connection);
    for (const callback of callbacks) callback();
  };
  const entry = { callbacks, listener };
  waiting.set(connection, entry);
  connection.once('close', listener);
  return entry;
}
