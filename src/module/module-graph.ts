import type { ModulesContainer } from '@nestjs/core';

/** A module as Nest holds it. */
export type NestModule = ModulesContainer extends Map<string, infer M> ? M : never;

/** The declared imports of a module. After them Nest adds all global modules, beginning with InternalCoreModule. */
export function importsOf({ imports }: NestModule): NestModule[] {
  const all = [...imports];
  const end = all.findIndex(({ metatype }) => metatype.name === 'InternalCoreModule');
  return end === -1 ? all : all.slice(0, end);
}

/** The importers of any of these modules, as text: `by OrdersModule`. */
export function importersOf(found: readonly NestModule[], all: readonly NestModule[]): string {
  const sought = new Set(found);
  return `by ${namesOf(all.filter((module) => importsOf(module).some((imported) => sought.has(imported))))}`;
}

export function namesOf(modules: readonly NestModule[]): string {
  return [...new Set(modules.map(({ metatype }) => metatype.name))].join(', ');
}
