import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  mixin,
  type Type,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  DOCUMENTS,
  type OperationsDocument,
  type OperationsResponse,
  OperationsResponses,
} from './operations.responses.js';

/** Thrown once the response is sent. */
class Answered {
  readonly isSent = true;
}

/** Ends the request: there is nothing left to send. */
@Catch(Answered)
class AnsweredFilter implements ExceptionFilter<Answered> {
  catch(_answered: Answered, _host: ArgumentsHost): void {}
}

/**
 * The routes of the page. The guards of the application and of the page run first; then a guard of each route sends the
 * response itself and ends the request, so that no interceptor changes, caches or delays it.
 */
export function operationsController(
  path: string,
  guards: readonly (Type<CanActivate> | CanActivate)[],
): Type {
  @Controller({ path: '', version: VERSION_NEUTRAL })
  @UseGuards(...guards)
  @UseFilters(new AnsweredFilter())
  class OperationsController {
    @Get(path + DOCUMENTS.page)
    @UseGuards(answeringGuard('page'))
    page(): void {}

    @Get(path + DOCUMENTS.json)
    @UseGuards(answeringGuard('json'))
    json(): void {}

    @Get(path + DOCUMENTS.metrics)
    @UseGuards(answeringGuard('metrics'))
    metrics(): void {}
  }
  // What @ApiExcludeController() sets.
  Reflect.defineMetadata('swagger/apiExcludeController', [true], OperationsController);
  return OperationsController;
}

function answeringGuard(document: OperationsDocument): Type<CanActivate> {
  @Injectable()
  class AnsweringGuard implements CanActivate {
    constructor(@Inject(OperationsResponses) private readonly responses: OperationsResponses) {}

    async canActivate(context: ExecutionContext): Promise<never> {
      const http = context.switchToHttp();
      const { raw, url = '' } = http.getRequest<IncomingMessage & { readonly raw?: IncomingMessage }>();
      await send(http.getResponse<Reply>(), await this.responses.answer(document, raw?.url ?? url));
      throw new Answered();
    }
  }
  return mixin(AnsweringGuard);
}

type Reply = ServerResponse | FastifyReply;

interface FastifyReply {
  readonly raw: ServerResponse;
  code(status: number): FastifyReply;
  headers(headers: Readonly<Record<string, string>>): FastifyReply;
  send(body: string): FastifyReply & PromiseLike<void>;
}

/** Fastify's own method runs its hooks, such as those that save a session. */
async function send(reply: Reply, { status, headers, body }: OperationsResponse): Promise<void> {
  if ('raw' in reply) {
    await reply.code(status).headers(headers).send(body);
    return;
  }
  sendRaw(reply, { status, headers, body });
}

/** Sends a response of Node. A HEAD request gets the headers alone. */
export function sendRaw(response: ServerResponse, { status, headers, body }: OperationsResponse): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}
