import { ApiRefusal } from '../../api/client.js';

/** What the service says of each field, by the field's name in what was sent. */
export function fieldProblems(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof ApiRefusal)) return {};
  return Object.fromEntries(error.details.map(({ path, message }) => [path, message]));
}

/** What is left of a refusal when its fields show their part: null when that was all. */
export function restOf(error: unknown, shown: readonly string[]): unknown {
  if (!(error instanceof ApiRefusal) || error.details.length === 0) return error;
  const isShown = ({ path }: { readonly path: string }): boolean =>
    shown.includes(path) || /^matchers\[\d+\]/.test(path);
  return error.details.every(isShown) ? null : error;
}

/** The matchers that the service refuses, by their places. */
export function matcherProblems(error: unknown): Readonly<Record<number, string>> {
  if (!(error instanceof ApiRefusal)) return {};
  const told: Record<number, string> = {};
  for (const { path: place, message } of error.details) {
    const index = /^matchers\[(\d+)\]/.exec(place)?.[1];
    if (index !== undefined) told[Number(index)] = message;
  }
  return told;
}
