import { type ArgumentsHost, Catch } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';
import { PageRequestError } from './page.error.js';

/**
 * Sends a `PageRequestError` to the caller over every transport. Nest's own filters for messages and WebSockets know
 * only their own exceptions and answer with "Internal server error" to all others.
 *
 * `ProductionConfigModule` adds it as a global filter behind all filters of the application. Nest applies global
 * filters neither to gateways nor to a microservice that is connected without `inheritAppConfig`: list it there.
 *
 * @example
 * ```ts
 * @WebSocketGateway()
 * @UseFilters(PageRequestFilter)
 * export class OrdersGateway {}
 * ```
 */
@Catch(PageRequestError)
export class PageRequestFilter extends BaseExceptionFilter {
  /** Answers in the form that Nest's filters of the transport use. @hidden */
  override catch(error: PageRequestError, host: ArgumentsHost): unknown {
    const type = host.getType<string>();
    if (type === 'http') return super.catch.call(this, error, host);
    const answer = { status: 'error', ...(error.getResponse() as object) };
    if (type === 'rpc') return throwError(() => answer);
    // GraphQL and other callers of a handler take the error itself.
    if (type !== 'ws') throw error;
    return emit(host.switchToWs().getClient<WebSocketClient>(), 'exception', answer);
  }
}

/** A socket of `ws`, or one of Socket.IO. */
interface WebSocketClient {
  readonly readyState?: unknown;
  send(text: string): void;
  emit(event: string, data: unknown): void;
}

function emit(client: WebSocketClient, event: string, data: object): void {
  // A socket of `ws` is an emitter as well, for its own process.
  if (typeof client.readyState === 'number') client.send(JSON.stringify({ event, data }));
  else client.emit(event, data);
}
