import type { AdapterResponse } from './adapter-response.js';
import { ExpressResponse } from './express.response.js';
import { FastifyResponse, type FastifyReply } from './fastify.response.js';

/** Wraps the response of either adapter. Only Fastify's has `raw`. */
export function responseOf(response: object): AdapterResponse {
  return 'raw' in response
    ? new FastifyResponse(response as FastifyReply)
    : new ExpressResponse(response as ConstructorParameters<typeof ExpressResponse>[0]);
}
