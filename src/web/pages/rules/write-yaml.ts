/** Bare words that YAML would read as something else than text. */
const NOT_TEXT = /^(?:true|false|yes|no|on|off|null|~|[-+.]?(?:\d|inf|nan).*)$/i;
const PLAIN = /^[\p{L}_/][\p{L}\d_ .,/@<>%-]*$/u;

/** A value as YAML of the plainest kind: blocks for objects and lists, quotes wherever a word could be misread. */
export function writeYaml(value: unknown, indent = 0): string {
  const pad = ' '.repeat(indent);
  if (Array.isArray(value)) {
    if (value.length === 0) return `${pad}[]`;
    return value.map((item: unknown) => `${pad}- ${nested(item, indent + 2).trimStart()}`).join('\n');
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    if (entries.length === 0) return `${pad}{}`;
    return entries.map(([key, inner]) => `${pad}${scalar(key)}:${below(inner, indent)}`).join('\n');
  }
  return pad + scalar(value);
}

function nested(value: unknown, indent: number): string {
  return isBlock(value) ? writeYaml(value, indent) : scalarOrEmpty(value);
}

function below(value: unknown, indent: number): string {
  return isBlock(value) ? `\n${writeYaml(value, indent + 2)}` : ` ${scalarOrEmpty(value)}`;
}

function isBlock(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function scalarOrEmpty(value: unknown): string {
  return typeof value === 'object' && value !== null ? writeYaml(value) : scalar(value);
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null';
  return PLAIN.test(value) && !NOT_TEXT.test(value) && value === value.trim() ? value : JSON.stringify(value);
}
