import { z } from 'zod';
import { cut } from './cut.js';
import { Duration } from './duration.js';
import { didYouMean } from './nearest.js';

/** A path into YAML or JSON data, from its root. */
export type DataPath = readonly (string | number)[];

/** One thing that is wrong, at its place in the data that was given. */
export interface PathProblem {
  readonly path: DataPath;
  readonly message: string;
  /** True when the key itself is wrong, not what stands behind it. */
  readonly on_key?: true;
  /** How many characters into the text at `path` the trouble begins. */
  readonly offset?: number;
}

type Issue = z.core.$ZodIssue;

/** Every reason why a schema refuses `data`, in plain words: what was expected, and what came. Empty when it takes it. */
export function schemaProblems(schema: z.ZodType, data: unknown): PathProblem[] {
  const read = readBySchema(schema, data, Number.POSITIVE_INFINITY);
  return 'problems' in read ? [...read.problems] : [];
}

/** What a schema makes of `data`, or the first `most` reasons why it refuses it, worded as `schemaProblems` does. */
export function readBySchema<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  most: number,
): { readonly value: z.output<Schema> } | { readonly problems: readonly PathProblem[] } {
  // What stands in front of a schema may have put another value in the place of the one that came; then the issue holds that one.
  const parsed = schema.safeParse(data, { reportInput: true });
  if (parsed.success) return { value: parsed.data };
  const issues = parsed.error.issues.slice(0, most);
  return { problems: issues.flatMap((issue) => problemsOf(issue, [], schema, data, most)).slice(0, most) };
}

/** What a reader calls a value: `"x"`, `the number 5`, `a list`. */
export function called(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value) ?? typeof value;
  const short = cut(text, 60);
  return typeof value === 'number' ? `the number ${short}` : short;
}

function problemsOf(
  issue: Issue,
  above: DataPath,
  schema: z.ZodType,
  data: unknown,
  most = Number.POSITIVE_INFINITY,
): PathProblem[] {
  const path = [...above, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
  const value = cameAs(issue, path, data);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysOf(schemaAt(schema, path));
      return issue.keys.slice(0, most).map((key) => ({
        path: [...path, key],
        message: `unknown key ${shortKey(key)}${didYouMean(key, known) || (known.length === 0 ? '; none is expected here' : `; expected one of ${known.join(', ')}`)}`,
        on_key: true,
      }));
    }
    case 'invalid_union':
      return unionProblems(issue, path, schema, data);
    case 'invalid_key':
      return [
        {
          path,
          message: `${issue.issues[0]?.message ?? 'not a valid key'}, came ${called(path.at(-1))}`,
          on_key: true,
        },
      ];
    case 'invalid_type':
    case 'invalid_value':
    case 'too_big':
    case 'too_small':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
    case 'custom':
      return [{ path, message: messageFor(issue, path, value, wantedInstead(issue, schema, path)) }];
  }
}

/** The value that is refused, as it was written. */
function cameAs(issue: Issue, path: DataPath, data: unknown): unknown {
  const written = dataAt(data, path);
  return written === undefined && !Number.isNaN(issue.input) ? issue.input : written;
}

function shortKey(key: string): string {
  return cut(key, 100);
}

function messageFor(issue: Issue, path: DataPath, value: unknown, wanted: string | null): string {
  const expected = wanted ?? expectation(issue);
  const key = path.at(-1);
  if (value === undefined && typeof key === 'string')
    return `${key} is missing${expected === null ? `: ${issue.message}` : `: expected ${expected}`}`;
  if (expected === null)
    return mentions(issue.message) || typeof value === 'object'
      ? issue.message
      : `${issue.message}, came ${called(value)}`;
  return `expected ${expected}, came ${called(value)}${suggestion(issue, value)}`;
}

/** `timeout: 30` is refused for its type; that text would do is only half of what the author has to know. */
function wantedInstead(issue: Issue, schema: z.ZodType, path: DataPath): string | null {
  if (issue.code !== 'invalid_type' || issue.expected !== 'string') return null;
  const isDuration = schemaAt(schema, path).some((candidate) => candidate.description === Duration.description);
  return isDuration ? 'a duration such as 300ms, 30s, 10m, 2h or 7d' : null;
}

/** A refinement's own message says what is wrong; what came stands beside it, unless it tells that itself. */
function mentions(message: string): boolean {
  return /\b(came|got|received)\b/.test(message);
}

function suggestion(issue: Issue, value: unknown): string {
  return issue.code === 'invalid_value' && typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : '';
}

/** How a schema's own message begins; zod's begin with `Invalid`. */
const OWN_WORDS = 'expected ';

/** What an issue expected, in words; null when only its own message tells. */
function expectation(issue: Issue): string | null {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.startsWith(OWN_WORDS)) return issue.message.slice(OWN_WORDS.length);
      return TYPE_NAMES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return anyOf(issue.values.map(String));
    case 'too_big':
    case 'too_small':
      return sizeExpectation(issue);
    case 'invalid_format':
      return issue.message.startsWith('Invalid ') ? (FORMAT_NAMES[issue.format] ?? `a valid ${issue.format}`) : null;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return null;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'null',
};

const FORMAT_NAMES: Readonly<Record<string, string>> = {
  email: 'a mail address',
  url: 'an address such as https://host/path',
  datetime: 'an instant such as 2026-01-31T12:00:00Z',
};

const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: [' character', ' characters'],
  array: [' entry', ' entries'],
  set: [' entry', ' entries'],
  map: [' entry', ' entries'],
};

function sizeExpectation(issue: Issue & { code: 'too_big' | 'too_small' }): string {
  const [bound, limit, exact] =
    issue.code === 'too_big' ? ['at most', issue.maximum, 'less than'] : ['at least', issue.minimum, 'more than'];
  const unit = UNITS[issue.origin]?.[Number(limit) === 1 ? 0 : 1] ?? '';
  return `${issue.inclusive === false ? exact : bound} ${limit}${unit}`;
}

function anyOf(words: readonly string[]): string {
  const distinct = [...new Set(words)];
  if (distinct.length <= 1) return distinct[0] ?? 'nothing';
  return `${distinct.slice(0, -1).join(', ')} or ${distinct.at(-1) ?? ''}`;
}

/**
 * A value that none of several shapes takes. Where one shape at least has the right type, what it minds is told; otherwise what all of
 * them expected.
 */
function unionProblems(
  issue: Issue & { code: 'invalid_union' },
  path: DataPath,
  schema: z.ZodType,
  data: unknown,
): PathProblem[] {
  const value = cameAs(issue, path, data);
  if (issue.message.startsWith(OWN_WORDS) && value !== undefined)
    return [{ path, message: `${issue.message}, came ${called(value)}` }];
  const deeper = issue.errors.filter((issues) =>
    issues.every((inner) => inner.path.length > 0 || inner.code !== 'invalid_type'),
  );
  const structured = deeper.filter((issues) =>
    issues.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
  );
  const chosen = [...structured].sort((a, b) => a.length - b.length)[0];
  if (chosen && value !== null && typeof value === 'object')
    return chosen.flatMap((inner) => problemsOf(inner, path, schema, data));
  const expected = (deeper.length > 0 ? deeper : issue.errors).flat();
  const named = expected.map(expectation).filter((text) => text !== null);
  const own = expected.filter((inner) => expectation(inner) === null).map((inner) => inner.message);
  const words =
    deeper.length > 0
      ? expected.flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []))
      : [];
  const message = own[0] ?? `expected ${anyOf(words.length > 0 ? words : named)}`;
  const hint = typeof value === 'string' ? didYouMean(value, words) : '';
  const key = path.at(-1);
  if (value === undefined && typeof key === 'string') return [{ path, message: `${key} is missing: ${message}` }];
  return [{ path, message: `${message}, came ${called(value)}${hint}` }];
}

/** What stands at a path in data; undefined when there is nothing. */
export function dataAt(data: unknown, path: DataPath): unknown {
  let value = data;
  for (const key of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key]; // just checked to be an own key
  }
  return value;
}

/** The schemas that may describe what stands at a path. */
function schemaAt(schema: z.ZodType, path: DataPath): z.ZodType[] {
  let schemas = alternatives(schema);
  for (const key of path) {
    schemas = schemas.flatMap((candidate) => {
      if (candidate instanceof z.ZodObject) return memberOf(candidate, key);
      if (candidate instanceof z.ZodArray) return alternatives(candidate.element as z.ZodType); // zod's classes are all ZodType
      if (candidate instanceof z.ZodRecord) return alternatives(candidate.valueType as z.ZodType);
      return [];
    });
  }
  return schemas;
}

function memberOf(schema: z.ZodObject, key: string | number): z.ZodType[] {
  const member: unknown = Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
  return member instanceof z.ZodType ? alternatives(member) : [];
}

/** Looks through optional, default, pipe and union to the schemas that have members. */
function alternatives(schema: z.ZodType): z.ZodType[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return alternatives(schema.unwrap() as z.ZodType);
  // What is preprocessed is described behind the pipe's function, everything else before it.
  if (schema instanceof z.ZodPipe)
    return alternatives((schema.in instanceof z.ZodTransform ? schema.out : schema.in) as z.ZodType);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => alternatives(option as z.ZodType));
  return [schema];
}

function keysOf(schemas: readonly z.ZodType[]): string[] {
  return [...new Set(schemas.flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : [])))];
}
