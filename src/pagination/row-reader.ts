import { HttpException } from '@nestjs/common';
import type { RowSource } from '../common/live-values.js';
import { PageError } from './page.error.js';

// The status that nginx logs. No client receives it, and Nest does not log an HttpException.
const CLIENT_CLOSED_REQUEST = 499;

/** The rows of a source, or its chunks if it is a text or a file. */
type ReadResult = { readonly rows: readonly unknown[] } | { readonly chunks: AsyncIterable<unknown> };

/** Node's response, which tells when the client has closed the connection. */
export interface Client extends Connection {
  readonly destroyed?: boolean;
  /** Null while responses to earlier requests of the same connection are being sent. */
  readonly socket?: Connection | null;
  readonly req?: { readonly socket: Connection };
}

/**
 * Reads up to `maxRows()` rows, then closes the source once, also if the client closes the connection first.
 *
 * @throws HttpException (status 499) if the client closes the connection, so that no cache keeps a partial list
 */
export async function readRows(
  source: RowSource,
  maxRows: () => number,
  client: Client,
): Promise<ReadResult> {
  const reader = new RowReader(source, maxRows);
  return new Promise((resolve, reject) => {
    const onClose = () => {
      // An error of the source has no receiver any more.
      reader.abort().catch(() => undefined);
      reject(new HttpException('The client closed the connection', CLIENT_CLOSED_REQUEST));
    };
    if (client.destroyed === true) return onClose();
    // A response without a socket emits no event when the connection closes.
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
    private readonly maxRows: () => number,
  ) {
    this.iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  async read(): Promise<ReadResult> {
    while (!this.ended && this.rows.length < this.maxRows()) {
      const value = await this.next();
      if (this.ended) return this;
      if (this.rows.length === 0 && this.isChunk(value)) return { chunks: this.resume(value) };
      this.rows.push(value);
    }
    await this.close();
    return this;
  }

  /** Destroys a stream, because its `return()` would wait for the next chunk. */
  async abort(): Promise<void> {
    if (this.ended || this.source.destroy === undefined) return this.close();
    this.ended = true;
    this.source.destroy();
  }

  /** Nest streams text and bytes of a generator. In an object stream, text is a row. */
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
      // A source that throws is already closed.
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

/** Emits 'close' when the connection closes: a socket, or Node's response. */
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
 * Calls back when the connection closes; returns a function that cancels this. All callbacks share one listener: a
 * client may pipeline many requests on a connection, and Node warns about many listeners.
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
