import { transformSync } from '@swc/core';

/** Compiles a source to an ES module, as a project with decorators does. */
export function swc(target: 'es2021' | 'es2022' | 'esnext', useDefineForClassFields?: boolean) {
  return (source: string): string =>
    transformSync(source, {
      swcrc: false,
      configFile: false,
      module: { type: 'es6' },
      jsc: {
        target,
        parser: { syntax: 'typescript', decorators: true },
        transform: {
          legacyDecorator: true,
          decoratorMetadata: true,
          ...(useDefineForClassFields === undefined ? {} : { useDefineForClassFields }),
        },
      },
    }).code;
}
