/** Control characters that are not white space, and those that change the direction of the text around them. */
const INVISIBLE = /[^\P{Cc}\t\n\r]|\p{Bidi_Control}|\p{Cs}/gu;

/** Text that is HTML. Only a template makes it, of its own text and of escaped values. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static of(template: TemplateStringsArray, values: readonly Content[]): Html {
    return new Html(template.reduce((text, part, index) => text + textOf(values[index - 1]) + part));
  }

  toString(): string {
    return this.#text;
  }
}

/** What can stand in a template: text and numbers are escaped, fragments and lists of them are not, and undefined is nothing. */
export type Content = string | number | Html | undefined | readonly Content[];

/** Makes HTML of a template. Every value is escaped, so that it can stand between tags and in a quoted attribute. */
export function html(template: TemplateStringsArray, ...values: readonly Content[]): Html {
  return Html.of(template, values);
}

/** A style sheet: its text is the content of a `<style>` element. */
export function css(template: TemplateStringsArray): Html {
  return Html.of(template, []);
}

/** A script: its text is the content of a `<script>` element. */
export function script(template: TemplateStringsArray): Html {
  return Html.of(template, []);
}

/** An element with exactly this content, of which the policy of the page has the hash. */
export function inline(name: 'style' | 'script', content: Html): Html {
  return html`<${name}>${content}</${name}>`;
}

function textOf(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Html) return content.toString();
  if (typeof content === 'object') return content.map(textOf).join('');
  return String(content)
    .replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
    .replaceAll(INVISIBLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
