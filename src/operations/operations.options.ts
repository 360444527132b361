import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import { OperationsError } from './operations.error.js';
import { type LoopbackAddress, parseLoopback } from './loopback.js';

/** The options of `OperationsModule.forRoot()`. Exactly one of `guards` and `listen` is needed. */
export interface OperationsOptions {
  /**
   * Who may see the page: guards, as for `@UseGuards()`, all of which must agree. The page is then a route of the
   * application. Default: none.
   */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[];
  /**
   * A loopback address, such as '127.0.0.1:9464', 'localhost:9464' or '[::1]:9464', at which a server of its own answers
   * without a guard. Port 0 lets the system choose one; the log names it. Default: none.
   */
  readonly listen?: string;
  /** The path of the page, with or without a slash in front; the JSON is at `<path>.json`. Default: 'ops'. */
  readonly path?: string;
  /** The modules that provide what the guards inject. Default: none. */
  readonly imports?: ModuleMetadata['imports'];
}

/** Where the page is, and who sees it. */
export interface OperationsAccess {
  /** Without slashes around it. */
  readonly path: string;
  readonly guards: readonly (Type<CanActivate> | CanActivate)[];
  /** Undefined if the page is a route of the application. */
  readonly address: LoopbackAddress | undefined;
}

const CHOICE =
  "pass guards, such as { guards: [StaffGuard] }, or a loopback address for a server of its own, such as { listen: '127.0.0.1:9464' }";

/** @throws OperationsError if everybody could see the page */
export function accessOf({ guards, listen, path = 'ops' }: OperationsOptions): OperationsAccess {
  const bare = path.replaceAll(/^\/|\/$/g, '');
  if (!/^[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*$/.test(bare)) {
    throw new OperationsError(
      "OperationsModule.forRoot(): path must be a path such as 'ops' or 'internal/ops', without parameters",
    );
  }
  if (guards !== undefined && listen !== undefined) {
    throw new OperationsError(
      'OperationsModule.forRoot() got guards and listen, and its own server has no guards: pass one of them',
    );
  }
  if (listen !== undefined) return { path: bare, guards: [], address: parseLoopback(listen) };
  if (guards === undefined || guards.length === 0) {
    throw new OperationsError(
      `OperationsModule.forRoot() has no guard, and everybody could see the operations page: ${CHOICE}`,
    );
  }
  if (guards.some((guard: unknown) => !isGuard(guard))) {
    throw new OperationsError(
      'OperationsModule.forRoot(): each of guards must be a class or an object with canActivate(). ' +
        'A cycle of imports makes a class undefined',
    );
  }
  return { path: bare, guards, address: undefined };
}

function isGuard(guard: unknown): boolean {
  const target: unknown = typeof guard === 'function' ? guard.prototype : guard;
  return typeof (target as Partial<CanActivate> | null | undefined)?.canActivate === 'function';
}
