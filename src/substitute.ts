import { resolve } from 'node:path';
import type { z } from 'zod';
import { FixpointError, messageOf } from './domain/errors.js';
import { dataAt } from './domain/schema-problem.js';
import { readUtf8 } from './utf8-file.js';

/** What was put into a configuration file: by path (`kafka.brokers.0`) the placeholders that stood there. */
export type Substituted = Map<string, string>;

/** Puts in `${VAR}` and `${file:/path}`; a variable or a file that is not there is a fault, never an empty text. */
export function substitute(
  value: unknown,
  from: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly base: string;
    readonly put: Substituted;
  },
  path: readonly string[] = [],
): unknown {
  if (Array.isArray(value)) return value.map((item, index) => substitute(item, from, [...path, String(index)]));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, substitute(item, from, [...path, key])]),
    );
  if (typeof value !== 'string') return value;
  const key = path.join('.');
  return value.replace(/\$\{([^}]*)\}/g, (placeholder, name: string) => {
    const before = from.put.get(key);
    from.put.set(key, before === undefined ? placeholder : `${before} and ${placeholder}`);
    if (name.startsWith('file:')) return readSecret(resolve(from.base, name.slice('file:'.length)), key);
    const text = from.env[name];
    if (text === undefined) throw new FixpointError('invalid', `${key}: the environment variable ${name} is not set`);
    return text;
  });
}

/**
 * What is put in is text; where the schema needs a number, or true or false, a text that is one becomes it. Everything else stays as
 * it is, for the schema to refuse: `admin_token: ${TOKEN}` is no number, whatever its digits.
 */
export function takeAsNeeded(schema: z.ZodType, written: Record<string, unknown>, put: Substituted): void {
  if (put.size === 0) return;
  const parsed = schema.safeParse(written);
  if (parsed.success) return;
  for (const { path, needs } of mismatches(parsed.error.issues, [])) {
    const text = put.has(path.map(String).join('.')) ? dataAt(written, path) : undefined;
    if (typeof text !== 'string') continue;
    if (needs === 'number' && /^[+-]?\d+(\.\d+)?$/.test(text)) replaceAt(written, path, Number(text));
    if (needs === 'boolean' && /^(true|false)$/.test(text)) replaceAt(written, path, text === 'true');
  }
}

interface Mismatch {
  readonly path: readonly (string | number)[];
  readonly needs: 'number' | 'boolean';
}

/** Every place where a schema wanted a number, or true or false; a union may have wanted several things at one place. */
function* mismatches(issues: readonly z.core.$ZodIssue[], above: Mismatch['path']): Generator<Mismatch> {
  for (const issue of issues) {
    const path = [...above, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
    if (issue.code === 'invalid_union') for (const inner of issue.errors) yield* mismatches(inner, path);
    if (issue.code === 'invalid_type' && (issue.expected === 'number' || issue.expected === 'int'))
      yield { path, needs: 'number' };
    if (issue.code === 'invalid_type' && issue.expected === 'boolean') yield { path, needs: 'boolean' };
    if (issue.code === 'invalid_value') {
      if (issue.values.some((value) => typeof value === 'number')) yield { path, needs: 'number' };
      if (issue.values.some((value) => typeof value === 'boolean')) yield { path, needs: 'boolean' };
    }
  }
}

function replaceAt(written: unknown, path: Mismatch['path'], value: unknown): void {
  const holder = dataAt(written, path.slice(0, -1));
  const key = path.at(-1);
  if (typeof holder !== 'object' || holder === null || key === undefined) return;
  (holder as Record<string | number, unknown>)[key] = value; // a list is indexed by its numbers
}

function readSecret(file: string, path: string): string {
  try {
    return readUtf8(file).replace(/\r?\n$/, '');
  } catch (error) {
    throw new FixpointError('invalid', `${path}: ${messageOf(error)}`);
  }
}
