import type { INestMicroservice } from '@nestjs/common';
import { Server as TcpServer } from 'node:net';
import { finalize, isObservable } from 'rxjs';

type MessageHandler = (...args: unknown[]) => Promise<unknown>;

/** The transport of a microservice, as `@nestjs/microservices` has it. The package does not import that one. */
interface Transport {
  getHandlerByPattern?: (pattern: string) => MessageHandler | null;
}

interface Microservice {
  readonly serverInstance?: Transport;
  readonly server?: Transport;
  unwrap?: () => unknown;
  setIsTerminated?: (isTerminated: boolean) => void;
}

/** The reply of an observable is sent in the turn after it completes, or a little later. */
const REPLY_MS = 50;

/**
 * The messages that microservices of a hybrid application on TCP are handling. They get no more messages once their port is
 * closed. A broker would go on delivering, so its messages do not count: it gives what is not acknowledged to others.
 */
export class OpenMessages {
  private readonly patterns = new Map<symbol, string>();
  private readonly watched = new WeakSet<object>();

  get count(): number {
    return this.patterns.size;
  }

  describe(): string[] {
    return [...this.patterns.values()].map((pattern) => `message ${pattern}`);
  }

  /** Counts the messages of a microservice from now on. */
  watch(microservice: INestMicroservice): void {
    const { serverInstance, server } = microservice as Microservice;
    const transport = serverInstance ?? server;
    if (transport?.getHandlerByPattern === undefined || this.watched.has(transport)) return;
    if (tcpServerOf(microservice) === undefined) return;
    this.watched.add(transport);
    const find = transport.getHandlerByPattern.bind(transport);
    transport.getHandlerByPattern = (pattern) => {
      const handler = find(pattern);
      return handler && Object.assign(this.counted(pattern, handler), handler);
    };
  }

  /** Closes the port of a microservice on TCP; its connections stay. */
  closePort(microservice: INestMicroservice): void {
    const inner = tcpServerOf(microservice);
    if (inner?.listening === true) inner.close();
  }

  private counted(pattern: string, handler: MessageHandler): MessageHandler {
    return async (...args) => {
      const key = Symbol(pattern);
      const done = () => void this.patterns.delete(key);
      this.patterns.set(key, pattern);
      try {
        const result = await handler(...args);
        if (isObservable(result)) return result.pipe(finalize(() => setTimeout(done, REPLY_MS)));
        setTimeout(done, REPLY_MS);
        return result;
      } catch (error) {
        done();
        throw error;
      }
    };
  }
}

/** Undefined for other transports, some of which throw. */
function tcpServerOf(microservice: INestMicroservice): TcpServer | undefined {
  try {
    const inner = (microservice as Microservice).unwrap?.();
    return inner instanceof TcpServer ? inner : undefined;
  } catch {
    return undefined;
  }
}

/** Closes a microservice before Nest's hooks run. Its own `close()` would run them itself. */
export async function closeMicroservice(microservice: INestMicroservice): Promise<void> {
  (microservice as Microservice).setIsTerminated?.(true);
  const closing = microservice.close();
  // Nest closes it again at the end, for which not every transport is made.
  Object.defineProperty(microservice, 'close', { configurable: true, writable: true, value: () => closing });
  await closing;
}
