import { ROUTE_ARGS_METADATA, PARAMTYPES_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { Type } from '@nestjs/common';
import { getSchemaPath } from '@nestjs/swagger';
import { pathOf } from '../pagination/index.js';
import type { PageParameter } from './page.parameters.js';

/** A request body as @nestjs/swagger keeps it. */
export interface PageBody {
  readonly in: 'body';
  /** Ignored beside a schema, but without it @nestjs/swagger looks for a class. */
  readonly type: typeof String;
  readonly required: boolean;
  readonly schema: object;
}

interface ObjectSchema {
  readonly type: 'object';
  readonly properties: Record<string, object>;
}

/** The body of a search: the page parameters, and what the handler takes as a class. */
export function pageBody(parameters: readonly PageParameter[], type: Type | undefined): PageBody {
  return {
    in: 'body',
    type: String,
    required: type !== undefined,
    get schema() {
      const page = objectOf(parameters);
      return type === undefined ? page : { allOf: [{ $ref: getSchemaPath(type) }, page] };
    },
  };
}

/** `page[size]` is the property `size` of `page`. */
function objectOf(parameters: readonly PageParameter[]): ObjectSchema {
  const root: ObjectSchema = { type: 'object', properties: {} };
  for (const { name, description, schema } of parameters) {
    const path = pathOf(name)!;
    let { properties } = root;
    for (const step of path.slice(0, -1)) {
      const inner = (properties[step] ??= { type: 'object', properties: {} }) as ObjectSchema;
      ({ properties } = inner);
    }
    properties[path.at(-1)!] = { ...schema, description };
  }
  return root;
}

const BUILT_IN: ReadonlySet<unknown> = new Set([Object, Array, String, Number, Boolean]);

/** The class that a handler takes as the whole body; undefined if it takes none. */
export function bodyClassOf(target: object, key: string | symbol): Type | undefined {
  const read = (metadata: string, of: object) => (Reflect.getMetadata(metadata, of, key) ?? {}) as object;
  const [, whole] =
    Object.entries<{ readonly index: number; readonly data?: unknown }>({
      ...read(ROUTE_ARGS_METADATA, target.constructor),
    }).find(([kind, { data }]) => kind.startsWith(`${RouteParamtypes.BODY}:`) && data === undefined) ?? [];
  const type = whole && (read(PARAMTYPES_METADATA, target) as Record<number, unknown>)[whole.index];
  return typeof type === 'function' && !BUILT_IN.has(type) ? (type as Type) : undefined;
}
