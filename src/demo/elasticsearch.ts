import { FIELDS, mappingJson, SearchError, textOf } from './es-fields.js';
import { object } from './es-query.js';
import { count, resolveIndices, search } from './es-search.js';
import { serveLoopback } from './loopback.js';
import type { Answer, Ask, Loopback } from './loopback.js';
import type { ShopLogs } from './logs.js';
import type { ShopModel } from './shop.js';

type Json = Readonly<Record<string, unknown>>;

interface Deps {
  readonly model: ShopModel;
  readonly logs: ShopLogs;
}

const PRODUCT = { 'X-Elastic-Product': 'Elasticsearch' };
/** Settings of a request that make no difference to a single small index. */
const HARMLESS = [
  'pretty',
  'human',
  'error_trace',
  'filter_path',
  'timeout',
  'preference',
  'routing',
  'expand_wildcards',
  'allow_no_indices',
  'ignore_unavailable',
  'ignore_throttled',
  'allow_partial_search_results',
  'request_cache',
  'typed_keys',
  'rest_total_hits_as_int',
  'max_concurrent_shard_requests',
  'pre_filter_shard_size',
  'batched_reduce_size',
  'ccs_minimize_roundtrips',
  'search_type',
  'include_unmapped',
  'fields',
  'max_concurrent_searches',
];
const IN_URL = ['size', 'from', 'track_total_hits', 'q', '_source', 'sort'];

/** Serves the shop's log lines as Elasticsearch does: `_search`, `_msearch`, `_count`, and what clients ask for on the way. */
export function serveElasticsearch(port: number, deps: Deps): Promise<Loopback> {
  return serveLoopback(port, (ask) => {
    const answer = answerOrRefuse(ask, deps);
    return { ...answer, headers: { ...PRODUCT, ...answer.headers } };
  });
}

function answerOrRefuse(ask: Ask, deps: Deps): Answer {
  try {
    return answer(ask, deps);
  } catch (error) {
    if (error instanceof SearchError) return { status: error.status, body: errorJson(error) };
    throw error;
  }
}

function answer(ask: Ask, deps: Deps): Answer {
  const parts = ask.path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  const last = parts.at(-1);
  const indices = parts.length > 1 ? (parts[0] ?? '') : '';
  if (last === undefined) return only(ask, ['GET', 'HEAD'], () => ok(ROOT));
  if (ask.path === '/_cluster/health')
    return ok({
      cluster_name: 'shop',
      status: 'green',
      timed_out: false,
      number_of_nodes: 1,
      number_of_data_nodes: 1,
      active_shards: 1,
    });
  if (parts.length > 2) throw unknownPath(ask);
  switch (last) {
    case '_search':
      checkParameters(ask);
      return only(ask, ['GET', 'POST'], () => ok(searchIn(indices, bodyOf(ask), ask.query, deps)));
    case '_count':
      checkParameters(ask);
      return only(ask, ['GET', 'POST'], () => ok(count(bodyOf(ask), target(indices, ask.query, deps))));
    case '_msearch':
      return only(ask, ['GET', 'POST'], () => ok(multiSearch(indices, ask, deps)));
    case '_mapping':
      return ok(
        Object.fromEntries(
          target(indices, ask.query, deps).indices.map((index) => [index, { mappings: mappingJson() }]),
        ),
      );
    case '_field_caps':
      return ok(fieldCaps(target(indices, ask.query, deps).indices, (ask.query.get('fields') ?? '*').split(',')));
    default:
      return parts.length === 1 && !last.startsWith('_') ? indexItself(ask, last, deps) : fail(unknownPath(ask));
  }
}

const ROOT = {
  name: 'shop-es-1',
  cluster_name: 'shop',
  cluster_uuid: 'c2hvcC1jbHVzdGVyLXV1aWQ',
  version: {
    number: '8.19.5',
    build_flavor: 'default',
    build_type: 'docker',
    build_hash: '0000000000000000000000000000000000000000',
    build_date: '2026-10-01T00:00:00.000Z',
    build_snapshot: false,
    lucene_version: '9.12.2',
    minimum_wire_compatibility_version: '7.17.0',
    minimum_index_compatibility_version: '7.0.0',
  },
  tagline: 'You Know, for Search',
};

function searchIn(indices: string, body: Json, query: URLSearchParams, deps: Deps): Json {
  const asked: Record<string, unknown> = { ...body };
  for (const name of ['size', 'from']) if (query.has(name)) asked[name] = Number(query.get(name));
  const tracked = query.get('track_total_hits');
  if (tracked !== null)
    asked['track_total_hits'] =
      tracked === 'true' || tracked === '' ? true : tracked === 'false' ? false : Number(tracked);
  const text = query.get('q');
  if (text !== null) asked['query'] = { query_string: { query: text } };
  const sort = query.get('sort');
  if (sort !== null)
    asked['sort'] = sort.split(',').map((part) => ({ [part.split(':')[0] ?? '']: part.split(':')[1] ?? 'asc' }));
  const source = query.get('_source');
  if (source !== null) asked['_source'] = source === 'true' ? true : source === 'false' ? false : source.split(',');
  const answer = search(asked, target(indices, query, deps));
  return query.get('rest_total_hits_as_int') === 'true' ? withPlainTotal(answer) : answer;
}

function withPlainTotal(answer: Json): Json {
  const hits = object(answer['hits'], 'hits');
  return { ...answer, hits: { ...hits, total: object(hits['total'], 'total')['value'] } };
}

function target(indices: string, query: URLSearchParams, { model, logs }: Deps) {
  const now = model.now();
  const resolved = resolveIndices(indices, logs, now, query.get('ignore_unavailable') === 'true');
  return { documents: resolved.documents, indices: resolved.indices, shards: resolved.indices.length, now };
}

/** One header line and one body line for each search; a search that is refused does not spoil the others. */
function multiSearch(indices: string, ask: Ask, deps: Deps): Json {
  const lines = ask.body.toString('utf8').split('\n');
  if (lines.at(-1) !== '')
    throw new SearchError('illegal_argument_exception', 'The msearch request must be terminated by a newline [\\n]');
  const responses: Json[] = [];
  for (let line = 0; line + 1 < lines.length; line += 2) {
    const header = parseJson(lines[line] === '' ? '{}' : (lines[line] ?? '{}'));
    const index = header['index'] ?? indices;
    const name = Array.isArray(index) ? index.join(',') : textOf(index);
    try {
      responses.push({
        ...searchIn(name, parseJson(lines[line + 1] ?? '{}'), new URLSearchParams(), deps),
        status: 200,
      });
    } catch (error) {
      if (!(error instanceof SearchError)) throw error;
      responses.push(errorJson(error));
    }
  }
  return { took: 1, responses };
}

function indexItself(ask: Ask, name: string, deps: Deps): Answer {
  if (ask.method === 'PUT' || ask.method === 'DELETE' || ask.method === 'POST') {
    throw new SearchError(
      'cluster_block_exception',
      `index [${name}] blocked by: [FORBIDDEN/8/index write (api)];`,
      403,
    );
  }
  const { indices } = target(name, ask.query, deps);
  return ok(
    Object.fromEntries(
      indices.map((index) => [
        index,
        { aliases: {}, mappings: mappingJson(), settings: { index: { number_of_shards: '1' } } },
      ]),
    ),
  );
}

function fieldCaps(indices: readonly string[], patterns: readonly string[]): Json {
  const wanted = [...FIELDS].filter(([name]) =>
    patterns.some(
      (pattern) =>
        pattern === '*' || pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1))),
    ),
  );
  const fields = wanted.map(([name, { type }]) => [
    name,
    { [type]: { type, metadata_field: false, searchable: true, aggregatable: type !== 'text' } },
  ]);
  return { indices, fields: Object.fromEntries(fields) as Json };
}

function bodyOf(ask: Ask): Json {
  const text = ask.body.toString('utf8').trim();
  if (text === '') return {};
  const type = String(ask.headers['content-type'] ?? '');
  if (!/^application\/(json|x-ndjson|vnd\.elasticsearch\+json)/.test(type)) {
    throw new SearchError('content_type_header_exception', `Content-Type header [${type}] is not supported`, 406);
  }
  // As a real 8.x refuses the media type of a client that is one major ahead.
  const compatible = /compatible-with=(\d+)/.exec(type)?.[1];
  if (compatible !== undefined && !['7', '8'].includes(compatible)) {
    throw new SearchError('media_type_header_exception', `Invalid media-type value on headers [Accept, Content-Type]`);
  }
  return parseJson(text);
}

function parseJson(text: string): Json {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new SearchError(
      'x_content_parse_exception',
      `[1:1] ${error instanceof Error ? error.message : 'malformed JSON'}`,
    );
  }
  return object(body, 'request body');
}

function checkParameters(ask: Ask): void {
  for (const name of ask.query.keys()) {
    if (![...HARMLESS, ...IN_URL].includes(name))
      throw new SearchError(
        'illegal_argument_exception',
        `request [${ask.path}] contains unrecognized parameter: [${name}]`,
      );
  }
}

function only(ask: Ask, methods: readonly string[], work: () => Answer): Answer {
  if (methods.includes(ask.method)) return work();
  const error = `Incorrect HTTP method for uri [${ask.path}] and method [${ask.method}], allowed: [${methods.join(', ')}]`;
  return { status: 405, body: { error, status: 405 }, headers: { allow: methods.join(',') } };
}

function unknownPath(ask: Ask): SearchError {
  return new SearchError(
    'illegal_argument_exception',
    `no handler found for uri [${ask.path}] and method [${ask.method}]`,
  );
}

function fail(error: Error): never {
  throw error;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new SearchError('illegal_argument_exception', `invalid escape in the path: ${part}`);
  }
}

function ok(body: Json): Answer {
  return { status: 200, body };
}

function errorJson(error: SearchError): Json {
  const cause = { type: error.type, reason: error.message, ...error.extra };
  return { error: { root_cause: [cause], ...cause }, status: error.status };
}
