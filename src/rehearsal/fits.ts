/**
 * Why what came does not fit what was expected, with the place; null when it does. Of a map only the keys that are named count; lists fit
 * item by item.
 */
export function misfit(expected: unknown, came: unknown, path = ''): string | null {
  if (Array.isArray(expected)) {
    if (!Array.isArray(came) || came.length !== expected.length) return told(expected, came, path);
    return first(expected.map((item, index) => misfit(item, came[index], `${path}[${index}]`)));
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof came !== 'object' || came === null || Array.isArray(came)) return told(expected, came, path);
    const values = came as Record<string, unknown>; // an object, just looked at
    return first(
      Object.entries(expected).map(([key, value]) =>
        misfit(value, Object.hasOwn(values, key) ? values[key] : undefined, path === '' ? key : `${path}.${key}`),
      ),
    );
  }
  return Object.is(expected, came) ? null : told(expected, came, path);
}

function first(answers: readonly (string | null)[]): string | null {
  return answers.find((answer) => answer !== null) ?? null;
}

function told(expected: unknown, came: unknown, path: string): string {
  return `${path === '' ? '' : `${path}: `}expected ${shown(expected)}, came ${came === undefined ? 'nothing' : shown(came)}`;
}

/** A value in one line that people can read. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 600 ? `${text.slice(0, 599)}…` : text;
}
