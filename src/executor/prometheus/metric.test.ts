import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback } from '../../../test/helper/loopback.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import { PrometheusClient, PrometheusConfig } from './client.js';
import { createMetricSource } from './metric.js';

let server: Loopback;
let client: PrometheusClient;

beforeEach(async () => {
  server = await openLoopback();
  client = new PrometheusClient(
    PrometheusConfig.parse({ url: server.url, bearer_token: 'hidden-token' }),
    SYSTEM_CLOCK,
  );
});
afterEach(async () => {
  await client.stop();
  await server.close();
});

function answered(result: unknown, resultType = 'vector'): void {
  server.answer({ json: { status: 'success', data: { resultType, result } } });
}

function ask() {
  return createMetricSource(client)('up', new AbortController().signal);
}

it('tells the figure of a single series, and of a scalar', async () => {
  answered([{ metric: { a: 'b' }, value: [1795255113, '12.5'] }]);
  expect(await ask()).toEqual({ type: 'figure', value: 12.5 });
  expect(server.received[0]?.url.searchParams.get('query')).toBe('up');

  answered([1795255113, '3'], 'scalar');
  expect(await ask()).toEqual({ type: 'figure', value: 3 });
});

it.each([
  [[], 'it answers no series'],
  [[{ metric: {}, value: [1, 'NaN'] }], 'it answers NaN'],
  [[{ metric: {}, value: [1, '+Inf'] }], 'it answers +Inf'],
  [[{ metric: {} }], 'it answers a histogram'],
  [
    [
      { metric: { a: '1' }, value: [1, '1'] },
      { metric: { a: '2' }, value: [1, '1'] },
    ],
    'it answers 2 series, and one is wanted',
  ],
])('tells why %j is no figure', async (result, reason) => {
  answered(result);

  expect(await ask()).toEqual({ type: 'none', reason });
});

it('tells what went wrong, without the credentials', async () => {
  server.answer({ status: 400, json: { status: 'error', errorType: 'bad_data', error: 'parse error hidden-token' } });
  const refused = await ask();
  server.answer({ status: 502, text: 'hidden-token' });
  const broken = await ask();

  expect(refused).toMatchObject({ type: 'none', reason: expect.stringContaining('bad_data: parse error') });
  expect(broken).toMatchObject({ type: 'none', reason: expect.stringContaining('502') });
  expect(JSON.stringify([refused, broken])).not.toContain('hidden-token');
});
