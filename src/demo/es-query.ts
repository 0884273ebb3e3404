import { analyse, FIELDS, parseDate, SearchError, textOf } from './es-fields.js';
import { parseQueryString } from './es-query-string.js';
import type { LogDocument } from './logs.js';

/** True for the documents that a query finds. */
export type Test = (document: LogDocument) => boolean;

type Json = Readonly<Record<string, unknown>>;
type Compile = (body: unknown, context: Context) => Test;

/** What a query is read against. */
export interface Context {
  readonly now: number;
  readonly depth: number;
}

const MAX_DEPTH = 30;
const MAX_CLAUSES = 1_024;

/** Reads a query of the DSL; a clause that the shop does not know, or that is malformed, is refused in Elasticsearch's words. */
export function compileQuery(query: unknown, context: Context): Test {
  const body = object(query, 'query');
  const names = Object.keys(body);
  const [name] = names;
  if (name === undefined) throw new SearchError('parsing_exception', 'query malformed, empty clause found');
  if (names.length > 1)
    throw new SearchError(
      'parsing_exception',
      `[${name}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]`,
    );
  if (context.depth > MAX_DEPTH)
    throw new SearchError(
      'x_content_parse_exception',
      `The nested depth of the query exceeds the maximum nested depth for queries set in [${MAX_DEPTH}]`,
    );
  const compile = CLAUSES[name];
  if (!compile || !Object.hasOwn(CLAUSES, name)) throw new SearchError('parsing_exception', `unknown query [${name}]`);
  return compile(body[name], { ...context, depth: context.depth + 1 });
}

const CLAUSES: Readonly<Record<string, Compile>> = {
  match_all: () => () => true,
  match_none: () => () => false,
  bool,
  constant_score: (body, context) => compileQuery(object(body, 'constant_score')['filter'], context),
  term: (body) =>
    fieldClause('term', body, ['value', 'boost', 'case_insensitive'], 'value', (field, options) =>
      termTest(field, options['value'], options['case_insensitive'] === true),
    ),
  terms,
  match: (body) =>
    fieldClause(
      'match',
      body,
      ['query', 'operator', 'minimum_should_match', 'boost', 'lenient', 'zero_terms_query', 'analyzer', 'fuzziness'],
      'query',
      matchTest,
    ),
  match_phrase: (body) =>
    fieldClause(
      'match_phrase',
      body,
      ['query', 'slop', 'boost', 'analyzer', 'zero_terms_query'],
      'query',
      (field, options) => phraseTest(field, textOf(options['query']), false),
    ),
  match_phrase_prefix: (body) =>
    fieldClause('match_phrase_prefix', body, ['query', 'slop', 'max_expansions', 'boost'], 'query', (field, options) =>
      phraseTest(field, textOf(options['query']), true),
    ),
  multi_match: multiMatch,
  prefix: (body) =>
    fieldClause('prefix', body, ['value', 'case_insensitive', 'boost', 'rewrite'], 'value', (field, options) =>
      wildcardTest(field, `${escapeWildcard(textOf(options['value']))}*`, options['case_insensitive'] === true),
    ),
  wildcard: (body) =>
    fieldClause(
      'wildcard',
      body,
      ['value', 'wildcard', 'case_insensitive', 'boost', 'rewrite'],
      'value',
      (field, options) =>
        wildcardTest(field, textOf(options['value'] ?? options['wildcard']), options['case_insensitive'] === true),
    ),
  regexp: (body) =>
    fieldClause(
      'regexp',
      body,
      ['value', 'flags', 'case_insensitive', 'max_determinized_states', 'boost', 'rewrite'],
      'value',
      regexpTest,
    ),
  range,
  exists: (body) => {
    const name = object(body, 'exists')['field'];
    if (typeof name !== 'string')
      throw new SearchError('parsing_exception', '[exists] must be provided with a [field]');
    const known = FIELDS.has(name) || [...FIELDS.keys()].some((field) => field.startsWith(`${name}.`));
    return () => known;
  },
  ids: (body) => {
    const values = object(body, 'ids')['values'];
    const ids = new Set(Array.isArray(values) ? values.map(textOf) : []);
    return (document) => ids.has(document.id);
  },
  query_string: (body) => stringClause('query_string', body),
  simple_query_string: (body) => stringClause('simple_query_string', body),
};

function bool(body: unknown, context: Context): Test {
  const clause = object(body, 'bool');
  allow('bool', clause, ['must', 'filter', 'should', 'must_not', 'minimum_should_match', 'boost', '_name']);
  const [must, filter, should, mustNot] = ['must', 'filter', 'should', 'must_not'].map((name) =>
    listOf(clause[name]).map((each) => compileQuery(each, context)),
  );
  const required = [...(must ?? []), ...(filter ?? [])];
  const optional = should ?? [];
  const least = minimum(
    clause['minimum_should_match'],
    optional.length,
    required.length > 0 ? 0 : Math.min(1, optional.length),
  );
  return (document) =>
    required.every((test) => test(document)) &&
    !(mustNot ?? []).some((test) => test(document)) &&
    (least <= 0 || optional.filter((test) => test(document)).length >= least);
}

/** `minimum_should_match`: a number, a negative number (so many may be missing), or either as a percentage. */
function minimum(value: unknown, clauses: number, otherwise: number): number {
  if (value === undefined) return otherwise;
  const match = /^(-?\d+)(%?)$/.exec(textOf(value));
  if (!match) throw new SearchError('parsing_exception', `failed to parse [minimum_should_match]: [${textOf(value)}]`);
  const amount = match[2] === '%' ? Math.trunc((clauses * Number(match[1])) / 100) : Number(match[1]);
  return amount < 0 ? clauses + amount : amount;
}

function terms(body: unknown): Test {
  const { boost: _, ...fields } = object(body, 'terms');
  const [[name, values] = [], ...more] = Object.entries(fields);
  if (name === undefined || more.length > 0)
    throw new SearchError('parsing_exception', '[terms] query does not support multiple fields');
  if (!Array.isArray(values)) throw new SearchError('parsing_exception', '[terms] query requires an array of terms');
  const tests = (values as unknown[]).map((value) => termTest(name, value, false));
  return (document) => tests.some((test) => test(document));
}

function multiMatch(body: unknown): Test {
  const clause = object(body, 'multi_match');
  allow('multi_match', clause, [
    'query',
    'fields',
    'type',
    'operator',
    'minimum_should_match',
    'lenient',
    'tie_breaker',
    'boost',
    'slop',
    'fuzziness',
  ]);
  if (clause['query'] === undefined)
    throw new SearchError('parsing_exception', 'No text specified for multi_match query');
  const names = fieldNames(clause['fields'] ?? ['*']);
  const isPhrase = clause['type'] === 'phrase' || clause['type'] === 'phrase_prefix';
  const tests = names.map((name) =>
    isPhrase ? phraseTest(name, textOf(clause['query']), clause['type'] === 'phrase_prefix') : matchTest(name, clause),
  );
  return (document) => tests.some((test) => test(document));
}

function stringClause(kind: string, body: unknown): Test {
  const clause = object(body, kind);
  allow(kind, clause, [
    'query',
    'fields',
    'default_field',
    'default_operator',
    'lenient',
    'analyze_wildcard',
    'allow_leading_wildcard',
    'flags',
    'minimum_should_match',
    'boost',
    'time_zone',
  ]);
  if (typeof clause['query'] !== 'string')
    throw new SearchError('parsing_exception', `${kind} must be provided with a [query]`);
  const fields = fieldNames(clause['fields'] ?? clause['default_field'] ?? ['*']);
  const isAnd = textOf(clause['default_operator'] ?? 'or').toLowerCase() === 'and';
  return parseQueryString(clause['query'], { fields, isAnd, leaf: stringLeaf });
}

function stringLeaf(field: string, text: string, isPhrase: boolean): Test {
  if (isPhrase) return phraseTest(field, text, false);
  if (text === '*') return () => FIELDS.has(field);
  return /[*?]/.test(text) ? wildcardTest(field, text, true) : matchTest(field, { query: text });
}

function range(body: unknown, context: Context): Test {
  return fieldClause(
    'range',
    body,
    [
      'gte',
      'gt',
      'lte',
      'lt',
      'from',
      'to',
      'include_lower',
      'include_upper',
      'format',
      'time_zone',
      'boost',
      'relation',
    ],
    null,
    (name, options) => {
      const field = FIELDS.get(name);
      if (!field) return () => false;
      const isDate = field.type === 'date';
      const bound = (key: string): number | string | null => {
        const value = options[key];
        if (value === undefined || value === null) return null;
        return isDate ? parseDate(value, context.now, name) : textOf(value);
      };
      const [gte, gt, lte, lt] = [bound('gte') ?? bound('from'), bound('gt'), bound('lte') ?? bound('to'), bound('lt')];
      return (document) => {
        const value = isDate ? document.at : field.read(document);
        return (
          (gte === null || value >= gte) &&
          (gt === null || value > gt) &&
          (lte === null || value <= lte) &&
          (lt === null || value < lt)
        );
      };
    },
  );
}

function termTest(name: string, value: unknown, ignoreCase: boolean): Test {
  const field = FIELDS.get(name);
  if (!field) return () => false;
  if (value === undefined || value === null)
    throw new SearchError('illegal_argument_exception', 'value cannot be null');
  const wanted = ignoreCase ? textOf(value).toLowerCase() : textOf(value);
  // A term is compared with the words of an analysed text, not with the text: `Card` never matches, `card` does.
  if (field.type === 'text') return (document) => analyse(field.read(document)).includes(wanted);
  return (document) => (ignoreCase ? field.read(document).toLowerCase() : field.read(document)) === wanted;
}

function matchTest(name: string, options: Json): Test {
  const field = FIELDS.get(name);
  if (!field) return () => false;
  if (field.type !== 'text') return termTest(name, options['query'], false);
  const words = analyse(textOf(options['query']));
  const isAnd = textOf(options['operator'] ?? 'or').toLowerCase() === 'and';
  const least = minimum(options['minimum_should_match'], words.length, isAnd ? words.length : 1);
  return (document) => {
    const there = new Set(analyse(field.read(document)));
    return words.length > 0 && words.filter((word) => there.has(word)).length >= least;
  };
}

function phraseTest(name: string, text: string, isPrefix: boolean): Test {
  const field = FIELDS.get(name);
  if (!field) return () => false;
  if (field.type !== 'text')
    return isPrefix ? wildcardTest(name, `${escapeWildcard(text)}*`, false) : termTest(name, text, false);
  const words = analyse(text);
  return (document) => {
    const there = analyse(field.read(document));
    return (
      words.length > 0 &&
      there.some((_, start) =>
        words.every((word, offset) => fits(there[start + offset], word, isPrefix && offset === words.length - 1)),
      )
    );
  };
}

function fits(word: string | undefined, wanted: string, isPrefix: boolean): boolean {
  return isPrefix ? (word ?? '').startsWith(wanted) : word === wanted;
}

function wildcardTest(name: string, pattern: string, ignoreCase: boolean): Test {
  const field = FIELDS.get(name);
  if (!field) return () => false;
  if (pattern.length > 200)
    throw new SearchError(
      'illegal_argument_exception',
      `wildcard of ${pattern.length} characters: at most 200 are taken`,
    );
  const source = [...pattern.replaceAll(/\*+/g, '*').matchAll(/\\(.)|(\*)|(\?)|(.)/gs)]
    .map(([, escaped, star, question, plain]) =>
      star ? '.*?' : question ? '.' : (escaped ?? plain ?? '').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
    )
    .join('');
  const expression = new RegExp(`^${source}$`, ignoreCase || field.type === 'text' ? 'is' : 's');
  if (field.type === 'text') return (document) => analyse(field.read(document)).some((word) => expression.test(word));
  return (document) => expression.test(field.read(document));
}

/** Lucene's expressions match the whole term; what they share with JavaScript's is enough for a shop. */
function regexpTest(name: string, options: Json): Test {
  const field = FIELDS.get(name);
  if (!field) return () => false;
  const pattern = textOf(options['value']);
  if (pattern.length > 1_000)
    throw new SearchError(
      'illegal_argument_exception',
      `The length of regex [${pattern.length}] used in the Regexp Query request has exceeded the allowed maximum of [1000].`,
    );
  try {
    const expression = new RegExp(`^(?:${pattern})$`, options['case_insensitive'] === true ? 'is' : 's');
    if (field.type === 'text') return (document) => analyse(field.read(document)).some((word) => expression.test(word));
    return (document) => expression.test(field.read(document));
  } catch {
    throw new SearchError('illegal_argument_exception', `failed to parse regular expression [${pattern}]`);
  }
}

function escapeWildcard(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}

/** A clause on one field, written short (`{"term": {"f": "v"}}`) or long (`{"term": {"f": {"value": "v"}}}`). */
function fieldClause(
  kind: string,
  body: unknown,
  allowed: readonly string[],
  short: string | null,
  make: (field: string, options: Json) => Test,
): Test {
  const entries = Object.entries(object(body, kind)).filter(([key]) => key !== 'boost' && key !== '_name');
  const [[field, written] = [], ...more] = entries;
  if (field === undefined) throw new SearchError('parsing_exception', `[${kind}] query malformed, no field name`);
  if (more.length > 0)
    throw new SearchError(
      'parsing_exception',
      `[${kind}] query doesn't support multiple fields, found [${field}] and [${more[0]?.[0] ?? ''}]`,
    );
  if (typeof written !== 'object' || written === null) {
    if (short === null)
      throw new SearchError('parsing_exception', `[${kind}] query malformed, no start_object after query name`);
    return make(field, { [short]: written });
  }
  const options = object(written, kind);
  allow(kind, options, [...allowed, '_name']);
  return make(field, options);
}

function fieldNames(value: unknown): string[] {
  const written = (Array.isArray(value) ? (value as unknown[]) : [value]).map((name) =>
    String(name).replace(/\^[\d.]+$/, ''),
  );
  return [...FIELDS.keys()].filter((field) =>
    written.some(
      (pattern) =>
        pattern === field ||
        new RegExp(`^${pattern.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*')}$`).test(field),
    ),
  );
}

function allow(kind: string, clause: Json, keys: readonly string[]): void {
  for (const key of Object.keys(clause)) {
    if (!keys.includes(key)) throw new SearchError('parsing_exception', `[${kind}] query does not support [${key}]`);
  }
}

function listOf(value: unknown): readonly unknown[] {
  const list = value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : [value];
  if (list.length > MAX_CLAUSES) throw new SearchError('too_many_clauses', `maxClauseCount is set to ${MAX_CLAUSES}`);
  return list;
}

/** The value as an object of JSON; anything else is refused. */
export function object(value: unknown, name: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json; // just looked at; JSON has string keys only
  throw new SearchError(
    'parsing_exception',
    `[${name}] malformed, expected [START_OBJECT] but found [${Array.isArray(value) ? 'START_ARRAY' : 'VALUE'}]`,
  );
}
