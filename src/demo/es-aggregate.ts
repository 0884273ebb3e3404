import { FIELDS, parseInterval, SearchError, textOf } from './es-fields.js';
import { compileQuery, object } from './es-query.js';
import type { Context } from './es-query.js';
import type { LogDocument } from './logs.js';

type Json = Readonly<Record<string, unknown>>;
type Documents = readonly LogDocument[];
type Work = (options: Json, documents: Documents, below: (documents: Documents) => Json, context: Context) => Json;

const MAX_BUCKETS = 65_536;

/** Works out `aggs` over the documents that a query found; a kind that the shop does not know is refused. */
export function aggregate(written: unknown, documents: Documents, context: Context): Json {
  const results: Record<string, unknown> = {};
  for (const [name, body] of Object.entries(object(written, 'aggregations'))) {
    const { aggs, aggregations, meta, ...kinds } = object(body, name);
    const [[kind, options] = [], ...more] = Object.entries(kinds);
    if (kind === undefined) throw new SearchError('parsing_exception', `Missing definition for aggregation [${name}]`);
    if (more.length > 0)
      throw new SearchError(
        'parsing_exception',
        `Found two aggregation type definitions in [${name}]: [${kind}] and [${more[0]?.[0] ?? ''}]`,
      );
    const work = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (!work) throw new SearchError('parsing_exception', `Unknown aggregation type [${kind}]`);
    const nested = aggs ?? aggregations;
    const below = (some: Documents): Json => (nested === undefined ? {} : aggregate(nested, some, context));
    results[name] = {
      ...(meta === undefined ? {} : { meta }),
      ...work(kind === 'filter' ? { query: options } : object(options, kind), documents, below, context),
    };
  }
  return results;
}

const KINDS: Readonly<Record<string, Work>> = {
  filter: (options, documents, below, context) =>
    bucket(documents.filter(compileQuery(options['query'], context)), below),
  filters,
  terms,
  date_histogram: dateHistogram,
  missing: (options, documents, below) => bucket(FIELDS.has(fieldName(options)) ? [] : documents, below),
  value_count: (options, documents) => ({ value: FIELDS.has(fieldName(options)) ? documents.length : 0 }),
  cardinality: (options, documents) => ({ value: new Set(valuesOf(options, documents)).size }),
  min: (options, documents) => extreme(options, documents, Math.min),
  max: (options, documents) => extreme(options, documents, Math.max),
  top_hits: (options, documents) => {
    const size = typeof options['size'] === 'number' ? options['size'] : 3;
    const hits = documents
      .slice(0, Math.min(size, 100))
      .map((each) => ({ _index: each.index, _id: each.id, _score: null, _source: each.source }));
    return { hits: { total: { value: documents.length, relation: 'eq' }, max_score: null, hits } };
  },
};

function bucket(documents: Documents, below: (documents: Documents) => Json): Json {
  return { doc_count: documents.length, ...below(documents) };
}

function filters(options: Json, documents: Documents, below: (documents: Documents) => Json, context: Context): Json {
  const written = options['filters'];
  if (Array.isArray(written)) {
    return {
      buckets: (written as unknown[]).map((query) => bucket(documents.filter(compileQuery(query, context)), below)),
    };
  }
  const named = Object.entries(object(written, 'filters')).map(
    ([key, query]) => [key, compileQuery(query, context)] as const,
  );
  const buckets = Object.fromEntries(named.map(([key, test]) => [key, bucket(documents.filter(test), below)]));
  const other = options['other_bucket_key'] ?? (options['other_bucket'] === true ? '_other_' : undefined);
  if (other === undefined) return { buckets };
  const rest = documents.filter((each) => !named.some(([, test]) => test(each)));
  return { buckets: { ...buckets, [textOf(other)]: bucket(rest, below) } };
}

function terms(options: Json, documents: Documents, below: (documents: Documents) => Json): Json {
  const name = fieldName(options);
  const field = FIELDS.get(name);
  if (field?.type === 'text') {
    throw new SearchError(
      'illegal_argument_exception',
      `Fielddata is disabled on [${name}] in [shop-logs]. Text fields are not optimised for operations that require per-document field data like aggregations and sorting, so these operations are disabled by default. Please use a keyword field instead.`,
    );
  }
  const size = typeof options['size'] === 'number' ? options['size'] : 10;
  const groups = new Map<string, LogDocument[]>();
  for (const each of field ? documents : []) {
    const key = field?.read(each) ?? '';
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  const sorted = [...groups].sort(([a, first], [b, second]) => second.length - first.length || (a < b ? -1 : 1));
  const shown = sorted.slice(0, size);
  const rest = sorted.slice(size).reduce((sum, [, group]) => sum + group.length, 0);
  const buckets = shown.map(([key, group]) => ({ key, ...bucket(group, below) }));
  return { doc_count_error_upper_bound: 0, sum_other_doc_count: rest, buckets };
}

const CALENDAR: Readonly<Record<string, string>> = { second: '1s', minute: '1m', hour: '1h', day: '1d' };

function dateHistogram(options: Json, documents: Documents, below: (documents: Documents) => Json): Json {
  if (FIELDS.get(fieldName(options))?.type !== 'date') return { buckets: [] };
  const written = options['fixed_interval'] ?? options['calendar_interval'];
  if (typeof written !== 'string')
    throw new SearchError('illegal_argument_exception', 'Invalid interval specified, must be non-null and non-empty');
  const interval = parseInterval(CALENDAR[written] ?? written);
  const groups = new Map<number, LogDocument[]>();
  for (const each of documents) {
    const key = Math.floor(each.at / interval) * interval;
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  const keys = [...groups.keys()];
  const [first, last] = [Math.min(...keys), Math.max(...keys)];
  if (keys.length > 0 && (last - first) / interval > MAX_BUCKETS) {
    throw new SearchError(
      'too_many_buckets_exception',
      `Trying to create too many buckets. Must be less than or equal to: [${MAX_BUCKETS}]`,
      400,
      { max_buckets: MAX_BUCKETS },
    );
  }
  const least = typeof options['min_doc_count'] === 'number' ? options['min_doc_count'] : 0;
  const buckets: Json[] = [];
  for (let key = first; key <= last; key += interval) {
    const group = groups.get(key) ?? [];
    if (group.length >= least)
      buckets.push({ key_as_string: new Date(key).toISOString(), key, ...bucket(group, below) });
  }
  return { buckets };
}

function extreme(options: Json, documents: Documents, choose: (...values: number[]) => number): Json {
  const name = fieldName(options);
  if (FIELDS.has(name) && FIELDS.get(name)?.type !== 'date') {
    throw new SearchError(
      'illegal_argument_exception',
      `Field [${name}] of type [${FIELDS.get(name)?.type ?? ''}] is not supported for aggregation`,
    );
  }
  if (documents.length === 0 || !FIELDS.has(name)) return { value: null };
  const value = documents.reduce((best, each) => choose(best, each.at), documents[0]?.at ?? 0);
  return { value, value_as_string: new Date(value).toISOString() };
}

function valuesOf(options: Json, documents: Documents): string[] {
  const field = FIELDS.get(fieldName(options));
  return field ? documents.map((each) => field.read(each)) : [];
}

function fieldName(options: Json): string {
  if (typeof options['field'] === 'string') return options['field'];
  throw new SearchError(
    'illegal_argument_exception',
    'Required one of fields [field, script], but none were specified.',
  );
}
