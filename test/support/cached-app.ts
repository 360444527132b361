import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import type { CallHandler, ExecutionContext, INestApplication, NestInterceptor, Type } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import type { Observable } from 'rxjs';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { startApp, type Adapter, type AppParts } from './http-app.js';

/** Installs packages and hooks that change the responses of an application. */
export type Setup = (app: INestApplication) => void;

export function express(...handlers: unknown[]): Setup {
  return (app) => void (app as NestExpressApplication).use(...handlers);
}

export function fastify(plugin: unknown, options: object = {}): Setup {
  return (app) =>
    void (app as NestFastifyApplication).register(
      plugin as Parameters<NestFastifyApplication['register']>[0],
      options,
    );
}

export function hook(name: string, run: unknown): Setup {
  return (app) =>
    void (app as NestFastifyApplication)
      .getHttpAdapter()
      .getInstance()
      .addHook(name as 'onSend', run as never);
}

/** A global interceptor, which is outside the interceptors of controllers. */
export function outside(
  intercept: (next: CallHandler, request: IncomingMessage) => Observable<unknown>,
): AppParts {
  class Outside implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return intercept(next, context.switchToHttp().getRequest<IncomingMessage>());
    }
  }
  return { providers: [{ provide: APP_INTERCEPTOR, useClass: Outside }] };
}

/** An application and a client of its routes. */
export async function startCached(adapter: Adapter, parts: AppParts, controllers: Type[]) {
  const app = await startApp(adapter, controllers, {}, parts);
  const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(`${app.url}/${path}`, { headers, method, redirect: 'manual' });
    return {
      response,
      status: response.status,
      text: await response.text(),
      cache: response.headers.get('x-cache'),
      header: (name: string) => response.headers.get(name),
    };
  };
  return { ...app, get };
}

/** Resolves when others can see the entries of an application: calls to the shared cache are in order. */
export async function written({ app }: { readonly app: INestApplication }): Promise<void> {
  await app.get<Cache>(CACHE_MANAGER).get('nothing');
}
