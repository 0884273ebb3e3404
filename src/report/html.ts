/** HTML that is safe to show: made by the `html` template only. */
export class SafeHtml {
  readonly #text: string;

  constructor(parts: TemplateStringsArray, values: readonly HtmlValue[]) {
    let text = parts[0] ?? '';
    for (const [index, value] of values.entries()) text += shown(value) + (parts[index + 1] ?? '');
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template: text is escaped, safe HTML stays as it is, null is nothing. */
export type HtmlValue = string | number | null | SafeHtml | readonly SafeHtml[];

/** A piece of HTML. Every value is escaped unless it is itself made by this template; attributes must be quoted. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): SafeHtml {
  return new SafeHtml(parts, values);
}

function shown(value: HtmlValue): string {
  if (value === null) return '';
  if (value instanceof SafeHtml) return value.toString();
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return value.map((piece) => piece.toString()).join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function escape(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => ESCAPES[character] ?? '');
}
