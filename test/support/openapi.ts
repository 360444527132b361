import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { INestApplication } from '@nestjs/common';

/** The part of a schema that the documents of these tests use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly allOf?: readonly Schema[];
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly content: { readonly 'application/json': { readonly schema: Schema } };
}

export interface Operation {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: { readonly 'application/json': { readonly schema: Schema } };
  };
  readonly responses: Readonly<Record<string, Response>>;
}

/** The OpenAPI document of an application after JSON serialization. */
export function openApi(app: INestApplication, version: '3.0.0' | '3.1.0' = '3.0.0'): OpenAPIObject {
  const config = new DocumentBuilder().setOpenAPIVersion(version).build();
  return JSON.parse(JSON.stringify(SwaggerModule.createDocument(app, config))) as OpenAPIObject;
}

export function operationOf(
  document: OpenAPIObject,
  path: string,
  method: 'get' | 'post' = 'get',
): Operation {
  return document.paths[path]![method] as unknown as Operation;
}

export function parameterOf(operation: Operation, name: string): Parameter | undefined {
  return operation.parameters.find((parameter) => parameter.name === name);
}

/** The references without a target. */
export function danglingRefs(document: OpenAPIObject): string[] {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref = '']) => ref);
  if (refs.length === 0) throw new Error('the document has no references');
  return refs.filter((ref) => resolve(document, ref) === undefined);
}

/** The differences between a value and its schema, including properties that are not in the schema. */
export function differences(document: OpenAPIObject, schema: Schema, value: unknown, at = '$'): string[] {
  if (schema.$ref !== undefined) return differences(document, resolve(document, schema.$ref)!, value, at);
  if (value === null && schema.nullable === true) return [];
  const { items = {}, properties = {}, required = [] } = schema;
  if (
    ![schema.type].flat().includes(typeOf(value)) &&
    !(schema.type === 'number' && Number.isInteger(value))
  ) {
    return [`${at} is ${typeOf(value)}, not ${String(schema.type)}`];
  }
  if (schema.enum?.includes(value) === false) return [`${at} is none of ${schema.enum.join()}`];
  if (typeof value === 'number' && !(value >= (schema.minimum ?? -Infinity))) return [`${at} is too small`];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => differences(document, items, item, `${at}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  return [
    ...required.filter((name) => !(name in value)).map((name) => `${at}.${name} is missing`),
    ...entries.flatMap(([name, field]) => {
      const known = properties[name];
      return known ? differences(document, known, field, `${at}.${name}`) : [`${at}.${name} is unknown`];
    }),
  ];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function resolve(document: OpenAPIObject, ref: string): Schema | undefined {
  const name = /^#\/components\/schemas\/(\w+)$/.exec(ref)?.[1];
  return name === undefined ? undefined : document.components?.schemas?.[name];
}
