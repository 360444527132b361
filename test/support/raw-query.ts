import { Agent, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll } from 'vitest';

const options = { logger: false } as const;

/** The query parser of a Nest application. */
export interface QueryParser {
  readonly adapter: string;
  /** Whether it parses `a[b]=1` as an object. */
  readonly nested: boolean;
  create(module: Type): Promise<INestApplication>;
}

export const QUERY_PARSERS: readonly QueryParser[] = [
  { adapter: 'Express', nested: false, create: (module) => NestFactory.create(module, options) },
  {
    adapter: 'Express with the extended query parser',
    nested: true,
    create: async (module) => {
      const app = await NestFactory.create<NestExpressApplication>(module, options);
      app.set('query parser', 'extended');
      return app;
    },
  },
  {
    adapter: 'Fastify',
    nested: false,
    create: (module) => NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), options),
  },
];

/** All of them, and Fastify with the extended query parser of Express, which is qs. */
export const ALL_QUERY_PARSERS: readonly QueryParser[] = [
  ...QUERY_PARSERS,
  {
    adapter: 'Fastify with qs',
    nested: true,
    create: (module) => {
      const express = new ExpressAdapter().getInstance<NestExpressApplication>();
      express.set('query parser', 'extended');
      const querystringParser: (text: string) => Record<string, unknown> = express.get('query parser fn');
      const adapter = new FastifyAdapter({ routerOptions: { querystringParser } });
      return NestFactory.create<NestFastifyApplication>(module, adapter, options);
    },
  },
];

/** The number of concurrent requests. */
export const BATCH = 50;

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly link: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Starts an application for the tests of a block; returns a function that requests a path unchanged. */
export function describedApp(module: Type, { create }: QueryParser): (path: string) => Promise<Answer> {
  const agent = new Agent({ keepAlive: true, maxSockets: BATCH });
  let app: INestApplication;
  let port: number;
  beforeAll(async () => {
    app = await create(module);
    await app.listen(0, '127.0.0.1');
    // On a busy machine the server could close an idle connection just when the next request is sent on it.
    (app.getHttpServer() as Server).keepAliveTimeout = 0;
    port = (app.getHttpServer() as { address(): AddressInfo }).address().port;
  });
  afterAll(async () => {
    agent.destroy();
    await app.close();
  });
  return (path) => get(port, agent, path);
}

/** Sends a query unchanged; `fetch` would encode it. */
function get(port: number, agent: Agent, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { headers } = response;
        const { 'content-type': type = '', link } = headers;
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, type, link: link as string | undefined, headers, body });
      });
    })
      .on('error', reject)
      .end();
  });
}

/** A query parameter; it is written without `=` if it has no value. */
export interface Pair {
  readonly name: string;
  readonly value: string | undefined;
}

/** Three encodings of the same text in a query. */
export const ENCODERS: readonly ((text: string) => string)[] = [
  encodeURIComponent,
  (text) => encodeURIComponent(text).replaceAll('%20', '+'),
  (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
];

/** The parsed values of a name; they include nested names only if the parser supports nesting. */
export function valuesFor(pairs: readonly Pair[], name: string, nested: boolean): (string | object)[] {
  return pairs.flatMap((one) => {
    if (one.name === name) return [one.value ?? ''];
    return nested && one.name.startsWith(`${name}[`) ? [{}] : [];
  });
}

/** The expected result of a query. */
export type Bounds =
  | { readonly status: 200; readonly limit: number; readonly offset: number }
  | { readonly status: 400; readonly parameter: string };

interface Limits {
  readonly pageSize: number;
  readonly maxPageSize: number;
  readonly maxOffset: number;
}

/** An independent implementation of the documented rules for the values of `limit` and `offset`. */
export function boundsOf(
  limits: readonly (string | object)[],
  offsets: readonly (string | object)[],
  { pageSize, maxPageSize, maxOffset }: Limits,
): Bounds {
  const limit = readingOf(limits, 1n);
  if (limit === 'malformed') return { status: 400, parameter: 'limit' };
  const offset = readingOf(offsets, 0n);
  if (offset === 'malformed' || (offset ?? 0n) > BigInt(maxOffset))
    return { status: 400, parameter: 'offset' };
  return {
    status: 200,
    limit: limit === undefined ? pageSize : Number(limit > BigInt(maxPageSize) ? maxPageSize : limit),
    offset: Number(offset ?? 0n),
  };
}

function readingOf(given: readonly (string | object)[], least: bigint): bigint | 'malformed' | undefined {
  if (given.length === 0) return undefined;
  const [text] = given;
  if (given.length > 1 || typeof text !== 'string' || text === '') return 'malformed';
  if ([...text].some((character) => !'0123456789'.includes(character))) return 'malformed';
  return BigInt(text) < least ? 'malformed' : BigInt(text);
}

/** Checks a batch concurrently; the first error fails the property, so that it shrinks to that item. */
export async function expectEach<T>(batch: readonly T[], check: (item: T) => Promise<void>): Promise<void> {
  await Promise.all(batch.map(check));
}
