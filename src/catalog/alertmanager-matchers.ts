import { messageOf } from '../domain/errors.js';
import { parseMatcher } from '../domain/alert/label.js';
import { dataAt } from '../domain/schema-problem.js';
import type { DataPath } from '../domain/schema-problem.js';
import { writeMatcher } from '../domain/suppression/suppression.js';

/** Where something is remarked on. */
export type Remark = (path: DataPath, message: string) => void;

/** The list at a path; what is none is empty. */
export function listAt(data: unknown, path: DataPath): readonly unknown[] {
  const value = dataAt(data, path);
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The matchers of something, in the new syntax and the old ones; null when one of them cannot be used, which is remarked. */
export function matchersOf(
  of: unknown,
  at: DataPath,
  [matchers = '', match = '', match_re = '']: readonly string[],
  remark: Remark,
): string[] | null {
  const found: string[] = [];
  let isWhole = true;
  for (const [index, text] of listAt(of, [matchers]).entries()) {
    try {
      for (const part of partsOf(String(text))) found.push(writeAgain(part));
    } catch (error) {
      remark([...at, matchers, index], `not taken: ${messageOf(error)}`);
      isWhole = false;
    }
  }
  for (const [key, operator] of [
    [match, '='],
    [match_re, '=~'],
  ] as const) {
    const map = dataAt(of, [key]);
    if (map === null || typeof map !== 'object') continue;
    for (const [name, value] of Object.entries(map)) {
      try {
        found.push(writeAgain(writeMatcher(name, operator, String(value))));
      } catch (error) {
        remark([...at, key, name], `not taken: ${messageOf(error)}`);
        isWhole = false;
      }
    }
  }
  return isWhole ? found : null;
}

/** In one way of writing, checked. */
function writeAgain(text: string): string {
  const { name, operator, value } = parseMatcher(text);
  return writeMatcher(name, operator, value);
}

/** Alertmanager takes several matchers in one text: `{a="b", c=~"d"}`. */
function partsOf(text: string): string[] {
  const inner = /^\s*\{([\s\S]*)\}\s*$/.exec(text)?.[1] ?? text;
  const parts = inner.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
