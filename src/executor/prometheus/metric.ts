import type { MetricSource } from '../../domain/alert/metric-source.js';
import { instantSeriesOf } from './answer.js';
import type { PrometheusClient } from './client.js';

const MAX_REASON = 300;

/** Asks the configured Prometheus for the one figure of a query: several series are none, for nobody can tell which is meant. */
export function createMetricSource(client: PrometheusClient): MetricSource {
  return async (query, signal) => {
    const reading = await client.ask('/api/v1/query', new URLSearchParams({ query }), signal);
    if (reading.type === 'unread') return none(reading.failed.reason);
    const { answer } = reading;
    if (answer.status === 'error')
      return none(client.failed(`refused the query: ${answer.errorType}: ${answer.error}`, false).reason);
    const series = instantSeriesOf(answer);
    if (series === null) return none(`it answers a ${answer.data.resultType}`);
    const [first] = series;
    if (first === undefined) return none('it answers no series');
    if (series.length > 1) return none(`it answers ${series.length} series, and one is wanted`);
    const value = first.text === null || first.text.trim() === '' ? Number.NaN : Number(first.text);
    return Number.isFinite(value) ? { type: 'figure', value } : none(`it answers ${first.text ?? 'a histogram'}`);
  };
}

function none(reason: string): { type: 'none'; reason: string } {
  return { type: 'none', reason: reason.slice(0, MAX_REASON) };
}
