import { type ArgumentsHost, Catch } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';
import { PageRequestError } from './page.error.js';

/**
 * Sends a `PageRequestError` to the caller over every transport. Nest's own filters for messages and WebSockets handle
 * only their own exceptions and answer all others with "Internal server error".
 *
 * `ProductionConfigModule` adds it as a global filter after all filters of the application. Nest applies global
 * filters neither to gateways nor to a microservice connected without `inheritAppConfig`: list it there yourself.
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
    // GraphQL and other callers of a handler expect the error itself.
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
  // A socket of `ws` has `emit`, too, but it sends nothing.
  if (typeof client.readyState === 'number') client.send(JSON.stringify({ event, data }));
  else client.emit(event, data);
}
