import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { METHOD_CASES, methodSource, type MethodCase } from './support/method-cases.js';
import { inMemory, programOf } from './support/type-program.js';

describe('the types of cached methods:', () => {
  const all = Object.values(METHOD_CASES).flat();
  const pathOf = (row: MethodCase) => inMemory(`method.${all.indexOf(row)}`);
  let program: ts.Program;
  beforeAll(() => {
    program = programOf(new Map(all.map((row) => [pathOf(row), methodSource(row)])));
  });

  describe.each(Object.entries(METHOD_CASES))('%s', (_topic, table) => {
    it.for(table)('`@%s` on `%s` %s', (row) => {
      const source = methodSource(row);
      const file = program.getSourceFile(pathOf(row))!;
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      const texts = found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
      expect(found.length > 0 ? 'refused' : 'compiles', texts.join('\n')).toBe(row[2]);
      // The errors are in the decorator, not in the code around it.
      const [start, end] = [source.indexOf('@'), source.indexOf('\n', source.indexOf('@'))];
      expect(found.every((one) => one.start! >= start && one.start! < end)).toBe(true);
    });
  });
});
