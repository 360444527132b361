/** Escapes line breaks and terminal control characters. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{C}\u2028\u2029]/gu, (character) =>
    character === '\n' ? '\\n' : `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
