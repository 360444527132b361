import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorName } from '../common/error-name.js';
import { isLoopbackHost, type LoopbackAddress } from './loopback.js';
import { sendRaw } from './operations.controller.js';
import { OperationsError } from './operations.error.js';
import {
  DOCUMENTS,
  type OperationsDocument,
  type OperationsResponse,
  OperationsResponses,
  respond,
} from './operations.responses.js';

/** The token of the address. */
export const LISTEN_ADDRESS = Symbol('LISTEN_ADDRESS');

const TEXT = 'text/plain; charset=utf-8';

/** The server of the page at a loopback address: open from the boot until the application has closed. */
@Injectable()
export class OperationsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #address: LoopbackAddress;
  readonly #responses: OperationsResponses;
  readonly #logger = new Logger('OperationsServer');
  readonly #server: Server;

  constructor(
    @Inject(LISTEN_ADDRESS) address: LoopbackAddress,
    @Inject(OperationsResponses) responses: OperationsResponses,
  ) {
    this.#address = address;
    this.#responses = responses;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** @throws OperationsError if it cannot listen there */
  async onApplicationBootstrap(): Promise<void> {
    const { host, port } = this.#address;
    try {
      await once(this.#server.listen(port, host), 'listening');
    } catch (error) {
      throw new OperationsError(
        `The operations page cannot listen on ${authorityOf(this.#address)} (${codeOf(error)}): pass another address as listen in ` +
          'OperationsModule.forRoot(), or stop the process that has it',
      );
    }
    // It does not keep a process alive that has nothing else to do.
    this.#server.unref();
    const bound = { host, port: (this.#server.address() as AddressInfo).port };
    this.#logger.log(`The operations page is at http://${authorityOf(bound)}/${this.#responses.path}`);
  }

  onApplicationShutdown(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      sendRaw(response, await this.#answer(request));
    } catch (error) {
      this.#logger.error(`The operations page could not be made: ${errorName(error)}`);
      sendRaw(response, respond(500, TEXT, 'The report could not be made: see the log\n'));
    }
  }

  async #answer({ method, url = '', headers }: IncomingMessage): Promise<OperationsResponse> {
    if (!isLoopbackHost(headers.host)) {
      return respond(421, TEXT, 'This server answers requests to localhost, 127.0.0.1 or [::1] only\n');
    }
    const document = this.#documentAt(url);
    if (document === undefined) {
      return respond(404, TEXT, `Not found: the operations page is at /${this.#responses.path}\n`);
    }
    if (method !== 'GET' && method !== 'HEAD') {
      const { headers: own, ...refusal } = respond(405, TEXT, 'The operations page is read-only\n');
      return { ...refusal, headers: { ...own, Allow: 'GET, HEAD' } };
    }
    return this.#responses.answer(document, url);
  }

  #documentAt(url: string): OperationsDocument | undefined {
    const [pathname = ''] = url.split('?', 1);
    const path = pathname.replace(/(?<=.)\/$/, '');
    const documents = Object.entries(DOCUMENTS) as [OperationsDocument, string][];
    return documents.find(([, end]) => path === `/${this.#responses.path}${end}`)?.[0];
  }
}

function authorityOf({ host, port }: LoopbackAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Such as EADDRINUSE. */
function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? errorName(error);
}
