import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { startShop } from './start-shop.js';
import type { Shop } from './start-shop.js';

/** A foreign answer, looked at field by field in the expectations. */
type Answered = any;

let shop: Shop;

beforeAll(async () => {
  shop = await startShop({ clock: new FakeClock(), seed: 7 });
});

afterAll(() => shop.stop());

async function post(
  path: string,
  body: unknown,
  type = 'application/json',
): Promise<{ status: number; headers: Headers; body: Answered }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${shop.addresses.elasticsearch}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: text,
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function sources(query: unknown): Promise<Answered[]> {
  const { status, body } = await post('/shop-logs-*/_search', { query, size: 10_000 });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.hits.hits.map((hit: Answered) => hit._source);
}

const count = async (query: unknown): Promise<number> => (await sources(query)).length;
const PAYMENT_LINES = { term: { 'service.name': 'payment-gateway' } };

describe("the shop's Elasticsearch", () => {
  it('introduces itself as clients expect it', async () => {
    const response = await fetch(`${shop.addresses.elasticsearch}/`);
    const body = (await response.json()) as Answered;

    expect(response.headers.get('x-elastic-product')).toBe('Elasticsearch');
    expect(body).toMatchObject({ tagline: 'You Know, for Search', version: { number: expect.stringMatching(/^8\./) } });
  });

  it('finds by term, match and phrase as the mapping says: keywords whole, text by its words', async () => {
    const lines = await sources(PAYMENT_LINES);

    expect(lines.length).toBeGreaterThan(500);
    expect(lines.every((line) => line.service.name === 'payment-gateway')).toBe(true);
    expect(await count({ match: { 'service.name': 'payment-gateway' } })).toBe(lines.length);
    expect(await count({ term: { 'service.name': 'payment' } })).toBe(0);
    expect(await count({ term: { message: 'CAPTURED' } })).toBe(0);
    const captured = await count({ match: { message: 'CAPTURED' } });
    expect(captured).toBeGreaterThan(10);
    expect(await count({ term: { message: 'captured' } })).toBe(captured);
    expect(await count({ match_phrase: { message: 'payment failed' } })).toBe(
      lines.filter((line) => /payment failed/.test(line.message)).length,
    );
    expect(await count({ match: { message: { query: 'failed payment', operator: 'and' } } })).toBe(
      lines.filter((line) => /payment failed/.test(line.message)).length,
    );
    expect(await count({ match_phrase: { message: 'failed payment' } })).toBe(0);
    expect(await count({ term: { 'no.such.field': 'x' } })).toBe(0);
  });

  it('combines clauses', async () => {
    const all = await count({ match_all: {} });
    const payment = await count(PAYMENT_LINES);
    const errors = await count({ terms: { 'log.level': ['ERROR', 'FATAL'] } });

    expect(await count({ bool: { must_not: [PAYMENT_LINES] } })).toBe(all - payment);
    expect(await count({ bool: { should: [PAYMENT_LINES, { term: { 'log.level': 'ERROR' } }] } })).toBe(
      payment + errors - (await count({ bool: { must: [PAYMENT_LINES, { term: { 'log.level': 'ERROR' } }] } })),
    );
    expect(await count({ bool: { filter: PAYMENT_LINES, should: [{ term: { 'log.level': 'ERROR' } }] } })).toBe(
      payment,
    );
    expect(
      await count({
        bool: { filter: PAYMENT_LINES, should: [{ term: { 'log.level': 'ERROR' } }], minimum_should_match: 1 },
      }),
    ).toBeLessThan(payment);
    expect(await count({ bool: {} })).toBe(all);
    expect(
      await count({
        multi_match: {
          query: 'payment-gateway',
          fields: ['service.name', 'service.name.keyword', 'app'],
          type: 'phrase',
          lenient: true,
        },
      }),
    ).toBe(payment);
    expect(await count({ prefix: { 'service.name': 'payment' } })).toBe(payment);
    expect(await count({ wildcard: { 'service.name': { value: 'PAYMENT-*', case_insensitive: true } } })).toBe(payment);
    expect(await count({ regexp: { 'service.name': 'pay.*way' } })).toBe(payment);
    expect(await count({ exists: { field: 'log.level' } })).toBe(all);
    expect(await count({ exists: { field: 'level' } })).toBe(0);
  });

  it('reads query strings as people write them', async () => {
    const payment = await count(PAYMENT_LINES);
    const failed = await count({ match_phrase: { message: 'payment failed' } });

    expect(await count({ query_string: { query: 'service.name:payment-gateway' } })).toBe(payment);
    expect(
      await count({ query_string: { query: 'service.name:"payment-gateway" AND NOT message:"payment failed"' } }),
    ).toBe(payment - failed);
    expect(await count({ query_string: { query: 'service.name:payment-gateway -message:failed' } })).toBeLessThan(
      payment,
    );
    expect(
      await count({ query_string: { query: '(log.level:ERROR OR log.level:WARN) AND service.name:payment*' } }),
    ).toBe(await count({ bool: { filter: [PAYMENT_LINES, { terms: { 'log.level': ['ERROR', 'WARN'] } }] } }));
    expect(
      await count({ query_string: { query: 'payment failed', default_field: 'message', default_operator: 'AND' } }),
    ).toBe(failed);
    expect((await post('/_search', { query: { query_string: { query: '(open' } } })).body.error.type).toBe(
      'query_shard_exception',
    );
  });

  it('cuts by time, with date math', async () => {
    const now = shop.model.now();
    const last = await sources({ range: { '@timestamp': { gte: 'now-1m', lte: 'now' } } });

    expect(last.length).toBeGreaterThan(30);
    expect(last.every((line) => Date.parse(line['@timestamp']) >= now - 60_000)).toBe(true);
    expect(
      await count({
        range: {
          '@timestamp': { gte: new Date(now - 60_000).toISOString(), lt: now + 1, format: 'strict_date_optional_time' },
        },
      }),
    ).toBe(last.length);
    expect(await count({ range: { '@timestamp': { gte: 'now+1m' } } })).toBe(0);
  });

  it('counts exactly when asked, and admits when it stopped counting', async () => {
    const { body: exact } = await post('/shop-logs-*/_search', { size: 0, track_total_hits: true });
    const { body: bounded } = await post('/shop-logs-*/_search', { size: 0, track_total_hits: 100 });
    const { body: counted } = await post('/shop-logs-*/_count', { query: { match_all: {} } });

    expect(exact.hits.total.relation).toBe('eq');
    expect(bounded.hits.total).toEqual({ value: 100, relation: 'gte' });
    expect(counted.count).toBe(exact.hits.total.value);
    expect((await post('/_search', { size: 0, track_total_hits: false })).body.hits.total).toBeUndefined();
  });

  it('sorts, pages, and shows only the fields that are wanted', async () => {
    const search = { size: 5, sort: [{ '@timestamp': { order: 'desc' } }], _source: ['message', 'service'] };
    const { body: first } = await post('/shop-logs-*/_search', search);
    const { body: second } = await post('/shop-logs-*/_search', {
      ...search,
      search_after: first.hits.hits.at(-1).sort,
    });
    const { body: paged } = await post('/shop-logs-*/_search', { ...search, from: 5 });
    const times = [...first.hits.hits, ...second.hits.hits].map((hit: Answered) => hit.sort[0]);

    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(second.hits.hits).toEqual(paged.hits.hits);
    expect(Object.keys(first.hits.hits[0]._source).sort()).toEqual(['message', 'service']);
  });

  it('puts what fits better first when sorted by score', async () => {
    const query = {
      bool: {
        filter: [PAYMENT_LINES],
        should: [{ constant_score: { filter: { term: { 'log.level': 'ERROR' } }, boost: 1 } }],
      },
    };
    const { body } = await post('/shop-logs-*/_search', {
      query,
      size: 200,
      sort: [{ _score: 'desc' }, { '@timestamp': { order: 'desc' } }],
    });
    const levels = body.hits.hits.map((hit: Answered) => hit._source.log.level as string);

    expect(levels.indexOf('ERROR')).toBe(0);
    expect(levels.lastIndexOf('ERROR')).toBe(levels.filter((level: string) => level === 'ERROR').length - 1);
  });

  it('aggregates what was found', async () => {
    const { body } = await post('/shop-logs-*/_search', {
      size: 0,
      aggs: {
        services: {
          terms: { field: 'service.name' },
          aggs: { errors: { filter: { term: { 'log.level': 'ERROR' } } } },
        },
        minutes: { date_histogram: { field: '@timestamp', fixed_interval: '10m' } },
        kinds: { filters: { filters: { errors: { term: { 'log.level': 'ERROR' } } }, other_bucket_key: 'others' } },
        last: { max: { field: '@timestamp' } },
        hosts: { cardinality: { field: 'host.name' } },
        all: { value_count: { field: 'message' } },
      },
    });
    const { aggregations } = body;
    const total = body.hits.total.value;

    expect(aggregations.services.buckets.reduce((sum: number, bucket: Answered) => sum + bucket.doc_count, 0)).toBe(
      total,
    );
    expect(aggregations.minutes.buckets.reduce((sum: number, bucket: Answered) => sum + bucket.doc_count, 0)).toBe(
      total,
    );
    expect(aggregations.kinds.buckets.errors.doc_count).toBe(
      aggregations.services.buckets.reduce((sum: number, bucket: Answered) => sum + bucket.errors.doc_count, 0),
    );
    expect(aggregations.kinds.buckets.errors.doc_count + aggregations.kinds.buckets.others.doc_count).toBe(total);
    expect(aggregations.hosts.value).toBe(7);
    expect(aggregations.all.value).toBe(total);
    expect(Date.parse(aggregations.last.value_as_string)).toBe(aggregations.last.value);
  });

  it('answers several searches at once, and one that is wrong does not spoil the others', async () => {
    const lines = [
      '{"index":"shop-logs-*"}',
      '{"size":1}',
      '{}',
      '{"query":{"leap":{}}}',
      '{"index":"none"}',
      '{}',
      '',
    ].join('\n');
    const { body } = await post('/_msearch', lines, 'application/x-ndjson');

    expect(body.responses.map((response: Answered) => response.status)).toEqual([200, 400, 404]);
    expect(body.responses[0].hits.hits).toHaveLength(1);
  });

  it('knows its indices: patterns may match nothing, names must exist unless told otherwise', async () => {
    const missing = await post('/none/_search', {});

    expect(missing.status).toBe(404);
    expect(missing.body.error).toMatchObject({
      type: 'index_not_found_exception',
      reason: 'no such index [none]',
      root_cause: [{ type: 'index_not_found_exception' }],
    });
    expect((await post('/none/_search?ignore_unavailable=true', {})).body._shards.total).toBe(0);
    expect((await post('/none-*/_search', {})).body.hits.total.value).toBe(0);
    expect((await post('/shop-logs-2026.11.21/_search', {})).body.hits.total.value).toBeGreaterThan(100);
  });

  it.each([
    [{ query: { leap: {} } }, 'parsing_exception', 'unknown query [leap]'],
    [{ query: { term: { a: 1, b: 2 } } }, 'parsing_exception', "[term] query doesn't support multiple fields"],
    [{ query: { bool: { most: [] } } }, 'parsing_exception', '[bool] query does not support [most]'],
    [{ query: { match_all: {}, term: {} } }, 'parsing_exception', 'malformed query'],
    [{ query: {} }, 'parsing_exception', 'empty clause'],
    [
      { query: { range: { '@timestamp': { gte: 'teatime' } } } },
      'parse_exception',
      'failed to parse date field [teatime]',
    ],
    [
      { query: { range: { '@timestamp': { after: 'now' } } } },
      'parsing_exception',
      '[range] query does not support [after]',
    ],
    [{ aggs: { x: { leap: {} } } }, 'parsing_exception', 'Unknown aggregation type [leap]'],
    [
      { aggs: { x: { terms: { field: 'message' } } } },
      'illegal_argument_exception',
      'Fielddata is disabled on [message]',
    ],
    [{ sort: ['message'] }, 'illegal_argument_exception', 'Fielddata is disabled on [message]'],
    [{ size: 10_001 }, 'illegal_argument_exception', 'Result window is too large'],
    [{ colour: 'red' }, 'parsing_exception', 'unknown key [colour]'],
    ['{"query":', 'x_content_parse_exception', ''],
  ])('refuses %j in the words of Elasticsearch', async (body, type, reason) => {
    const answer = await post('/shop-logs-*/_search', body);

    expect(answer.status).toBe(400);
    expect(answer.body.status).toBe(400);
    expect(answer.body.error.type).toBe(type);
    expect(answer.body.error.reason).toContain(reason);
  });

  it('refuses parameters and media types that it does not know', async () => {
    expect((await post('/_search?colour=red', {})).body.error.reason).toContain('unrecognized parameter: [colour]');
    expect((await post('/_search', '{}', 'text/plain')).status).toBe(406);
    expect(
      (await post('/_search', '{}', 'application/vnd.elasticsearch+json; compatible-with=9')).body.error.type,
    ).toBe('media_type_header_exception');
    expect((await post('/_leap', {})).status).toBe(400);
  });
});
