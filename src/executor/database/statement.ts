/** The shape of a statement without the values in it: figures and texts may be anybody's secrets. */
export function maskStatement(statement: string, length = 300): string {
  const line = statement.replace(/\s+/g, ' ').trim();
  // With a backslash nobody can tell here where a text ends.
  if (line.includes('\\')) return `${/^\w+/.exec(line)?.[0] ?? ''} …`;
  const masked = line
    .replace(/\/\*.*?(\*\/|$)/g, '')
    .replace(/--.*$/, '')
    .replace(/\$(\w*)\$.*?(\$\1\$|$)/g, '?')
    .replace(/'(?:[^']|'')*('|$)/g, '?')
    .replace(/(?<![\w$])\d+(\.\d+)?/g, '?')
    .replace(/ +/g, ' ')
    .trim();
  return masked.length > length ? `${masked.slice(0, length)}…` : masked;
}
