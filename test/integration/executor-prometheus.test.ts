import { afterAll, expect, it } from 'vitest';
import type { ExecutorSet } from '../../src/domain/executor.js';
import type { Outcome } from '../../src/domain/run/outcome.js';
import { PrometheusQueryInput } from '../../src/executor/prometheus/input.js';
import { PrometheusConfig } from '../../src/executor/prometheus/client.js';
import { prometheusModule } from '../../src/executor/prometheus/prometheus.js';
import { anAttempt } from '../helper/an-attempt.js';
import { describeWith } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

await describeWith(['prometheus'], 'prometheus_query on a real Prometheus', ({ prometheus: url }) => {
  const set: ExecutorSet = prometheusModule.create(PrometheusConfig.parse({ url }), {
    clock: SYSTEM_CLOCK,
    notify: () => Promise.resolve([]),
  });

  afterAll(() => set.stop());

  function ask(input: unknown): Promise<Outcome> {
    return set.executors['prometheus_query']!.execute(PrometheusQueryInput.parse(input), anAttempt());
  }

  it('reads one figure', async () => {
    const outcome = await until('the first scrape', async () => {
      const answer = await ask({ query: 'up{job="node"}' });
      return answer.type === 'succeeded' && (answer.output as { count: number }).count > 0 ? answer : null;
    });

    expect(outcome).toMatchObject({
      output: { value: 1, count: 1, result_type: 'vector', series: [{ labels: { job: 'node' }, value: 1 }] },
    });
  });

  it('answers null over no data and over NaN', async () => {
    expect(await ask({ query: 'no_such_metric' })).toMatchObject({ output: { value: null, count: 0 } });
    expect(await ask({ query: 'vector(0)/0' })).toMatchObject({ output: { value: null, count: 1 } });
  });

  it('understands scalars, text and a question that must be posted', async () => {
    expect(await ask({ query: 'scalar(vector(41)) + 1' })).toMatchObject({
      output: { value: 42, result_type: 'scalar' },
    });
    expect(await ask({ query: '"words"' })).toMatchObject({ output: { value: null, result_type: 'string' } });
    expect(await ask({ query: `up{job="node",x!="${'y'.repeat(8_000)}"}` })).toMatchObject({ output: { value: 1 } });
  });

  it('reads a range', async () => {
    const outcome = await ask({ query: 'vector(3) or vector(5)', range: '1m', step: '5s' });

    expect(outcome).toMatchObject({ output: { value: 3, min: 3, max: 3, count: 1, result_type: 'matrix' } });
    expect(outcome).toHaveProperty('output.series.0.values.length', 13);
  });

  it('tells the error of a wrong query, and that no repetition mends it', async () => {
    const outcome = await ask({ query: 'sum(' });

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('parse error'));
  });

  it('tells an error of evaluation', async () => {
    const outcome = await ask({
      query: 'up * on(job) up{job="none"} + on() group_left vector(1) * on() {__name__=~"up|.+_total"}',
    });

    expect(outcome.type === 'failed' ? outcome.reason : 'no failure').toMatch(/execution|bad_data/);
  });

  it('names the version for the doctor', async () => {
    expect(await set.check(new AbortController().signal)).toMatchObject([
      { ok: true, message: expect.stringMatching(/^Prometheus \d+\.\d+/) },
    ]);
  });
});
