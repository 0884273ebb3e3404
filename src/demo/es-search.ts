import { aggregate } from './es-aggregate.js';
import { FIELDS, SearchError } from './es-fields.js';
import { compileQuery, object } from './es-query.js';
import { compileScore } from './es-score.js';
import type { LogDocument, ShopLogs } from './logs.js';

type Json = Readonly<Record<string, unknown>>;

/** What a search is run on. */
export interface SearchTarget {
  readonly documents: readonly LogDocument[];
  readonly shards: number;
  readonly now: number;
}

const KEYS: ReadonlySet<string> = new Set([
  'query',
  'size',
  'from',
  'sort',
  '_source',
  'track_total_hits',
  'aggs',
  'aggregations',
  'timeout',
  'search_after',
  'fields',
  'docvalue_fields',
  'stored_fields',
  'terminate_after',
  'min_score',
  'track_scores',
  'version',
  'seq_no_primary_term',
  'explain',
  'stats',
  'profile',
]);
const MAX_WINDOW = 10_000;
const COUNTED = 10_000;

/** Runs a search and answers as Elasticsearch does; throws `SearchError` for what it would refuse. */
export function search(body: Json, target: SearchTarget): Json {
  for (const key of Object.keys(body)) {
    if (!KEYS.has(key)) throw new SearchError('parsing_exception', `unknown key [${key}] for a search request`);
  }
  const context = { now: target.now, depth: 0 };
  const test = body['query'] === undefined ? () => true : compileQuery(body['query'], context);
  const found = target.documents.filter(test);
  const size = wholeNumber(body['size'] ?? 10, 'size');
  const from = wholeNumber(body['from'] ?? 0, 'from');
  if (from + size > MAX_WINDOW) {
    throw new SearchError(
      'illegal_argument_exception',
      `Result window is too large, from + size must be less than or equal to: [${MAX_WINDOW}] but was [${from + size}]. See the scroll api for a more efficient way to request large data sets.`,
    );
  }
  const sort = sortOf(body['sort']);
  const score = sort?.some(({ field }) => field === '_score')
    ? compileScore(body['query'] ?? { match_all: {} }, context)
    : () => 1;
  const sorted = sort === null ? found : [...found].sort((a, b) => compareBy(sort, score, a, b));
  const page = after(sorted, sort, score, body['search_after']).slice(from, from + size);
  const hits = page.map((document) => hitJson(document, body['_source'], sort, score));
  const aggs = body['aggs'] ?? body['aggregations'];
  return {
    took: 1,
    timed_out: false,
    _shards: shards(target),
    hits: {
      ...totalOf(found.length, body['track_total_hits']),
      max_score: sort === null && hits.length > 0 ? 1 : null,
      hits,
    },
    ...(aggs === undefined ? {} : { aggregations: aggregate(aggs, sorted, context) }),
  };
}

/** Counts what a query finds. */
export function count(body: Json, target: SearchTarget): Json {
  for (const key of Object.keys(body)) {
    if (key !== 'query') throw new SearchError('parsing_exception', `request does not support [${key}]`);
  }
  const test = body['query'] === undefined ? () => true : compileQuery(body['query'], { now: target.now, depth: 0 });
  return { count: target.documents.filter(test).length, _shards: shards(target) };
}

/** The documents of the indices that an expression names (`a,b-*`, `_all`); a plain name that does not exist is refused unless told otherwise. */
export function resolveIndices(
  expression: string,
  logs: ShopLogs,
  now: number,
  ignoreUnavailable: boolean,
): { documents: LogDocument[]; indices: string[] } {
  const documents = logs.between(0, now);
  const existing = [...new Set(documents.map((document) => document.index))].sort();
  const chosen = new Set<string>();
  for (const part of expression === '' || expression === '_all' ? ['*'] : expression.split(',')) {
    const isPattern = part.includes('*');
    const pattern = new RegExp(
      `^${part
        .replace(/^-/, '')
        .replace(/[\\^$.+?()[\]{}|]/g, '\\$&')
        .replaceAll('*', '.*')}$`,
    );
    const matching = existing.filter((index) => pattern.test(index));
    if (part.startsWith('-')) for (const index of matching) chosen.delete(index);
    else for (const index of matching) chosen.add(index);
    if (!isPattern && matching.length === 0 && !ignoreUnavailable) {
      throw new SearchError('index_not_found_exception', `no such index [${part}]`, 404, {
        'resource.type': 'index_or_alias',
        'resource.id': part,
        index_uuid: '_na_',
        index: part,
      });
    }
  }
  return { documents: documents.filter((document) => chosen.has(document.index)), indices: [...chosen] };
}

function shards({ shards: total }: SearchTarget): Json {
  return { total, successful: total, skipped: 0, failed: 0 };
}

/** Exact up to 10,000 unless the request says otherwise, as Elasticsearch counts. */
function totalOf(found: number, tracked: unknown): Json {
  if (tracked === false) return {};
  const limit = tracked === true ? Infinity : typeof tracked === 'number' ? tracked : COUNTED;
  return { total: found > limit ? { value: limit, relation: 'gte' } : { value: found, relation: 'eq' } };
}

type Sort = readonly { readonly field: string; readonly descending: boolean }[];

function sortOf(written: unknown): Sort | null {
  if (written === undefined) return null;
  return (Array.isArray(written) ? (written as unknown[]) : [written]).map((part) => {
    if (typeof part === 'string') return sortKey(part, part === '_score' ? 'desc' : 'asc', true);
    const [[field, options] = []] = Object.entries(object(part, 'sort'));
    if (field === undefined) throw new SearchError('parsing_exception', '[sort] malformed, no field name');
    const settings: Json = typeof options === 'string' ? { order: options } : object(options, 'sort');
    return sortKey(field, settings['order'] ?? 'asc', settings['unmapped_type'] !== undefined);
  });
}

function sortKey(field: string, order: unknown, mayBeUnmapped: boolean): Sort[number] {
  const type = FIELDS.get(field)?.type;
  if (type === 'text')
    throw new SearchError(
      'illegal_argument_exception',
      `Fielddata is disabled on [${field}] in [shop-logs]. Please use a keyword field instead.`,
    );
  if (type === undefined && !['_doc', '_score', '_shard_doc', '_id'].includes(field) && !mayBeUnmapped) {
    throw new SearchError('query_shard_exception', `No mapping found for [${field}] in order to sort on`);
  }
  if (order !== 'asc' && order !== 'desc')
    throw new SearchError('illegal_argument_exception', `Unknown SortOrder [${String(order)}]`);
  return { field, descending: order === 'desc' };
}

type Score = (document: LogDocument) => number;

function sortValue(document: LogDocument, field: string, score: Score): string | number {
  if (field === '_score') return score(document);
  if (field === '@timestamp') return document.at;
  return FIELDS.get(field)?.read(document) ?? (field === '_id' ? document.id : 0);
}

function compareBy(sort: Sort, score: Score, a: LogDocument, b: LogDocument): number {
  for (const { field, descending } of sort) {
    const [first, second] = [sortValue(a, field, score), sortValue(b, field, score)];
    if (first !== second) return (first < second ? -1 : 1) * (descending ? -1 : 1);
  }
  return 0;
}

function after(
  documents: readonly LogDocument[],
  sort: Sort | null,
  score: Score,
  values: unknown,
): readonly LogDocument[] {
  if (values === undefined) return documents;
  if (sort === null || !Array.isArray(values) || values.length !== sort.length) {
    throw new SearchError(
      'illegal_argument_exception',
      `search_after has ${Array.isArray(values) ? values.length : 0} value(s) but sort has ${sort?.length ?? 0}.`,
    );
  }
  const start = documents.findIndex((document) => {
    for (const [index, { field, descending }] of sort.entries()) {
      const [own, last] = [sortValue(document, field, score), values[index] as string | number]; // compared only
      if (own !== last) return own < last === descending;
    }
    return false;
  });
  return start < 0 ? [] : documents.slice(start);
}

function hitJson(document: LogDocument, wanted: unknown, sort: Sort | null, score: Score): Json {
  const source = wanted === undefined || wanted === true ? document.source : sourceOf(document, wanted);
  return {
    _index: document.index,
    _id: document.id,
    _score: sort === null ? 1 : null,
    ...(wanted === false ? {} : { _source: source }),
    ...(sort === null ? {} : { sort: sort.map(({ field }) => sortValue(document, field, score)) }),
  };
}

function sourceOf(document: LogDocument, wanted: unknown): Json {
  const settings: Json =
    typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted) ? (wanted as Json) : { includes: wanted }; // an object of JSON has string keys
  const patterns = (value: unknown): string[] =>
    value === undefined ? [] : (Array.isArray(value) ? (value as unknown[]) : [value]).map(String);
  const [includes, excludes] = [
    patterns(settings['includes'] ?? settings['include']),
    patterns(settings['excludes'] ?? settings['exclude']),
  ];
  const fits = (name: string, pattern: string): boolean =>
    name === pattern ||
    name.startsWith(`${pattern}.`) ||
    (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)));
  const result: Record<string, unknown> = {};
  for (const [name, field] of FIELDS) {
    if (includes.length > 0 && !includes.some((pattern) => fits(name, pattern))) continue;
    if (excludes.some((pattern) => fits(name, pattern))) continue;
    const [parent = name, child] = name.split('.');
    if (child === undefined) result[parent] = field.read(document);
    else result[parent] = { ...(result[parent] as object | undefined), [child]: field.read(document) }; // made by this loop
  }
  return result;
}

function wholeNumber(value: unknown, name: string): number {
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0) return number;
  throw new SearchError(
    'illegal_argument_exception',
    `[${name}] parameter cannot be negative or broken, found [${String(value)}]`,
  );
}
