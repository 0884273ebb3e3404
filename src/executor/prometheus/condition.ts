import type { Alert } from '../../domain/alert/alert.js';
import type { ConditionAnswer, ConditionSource, Evidence } from '../../domain/run/proof.js';
import { expressionOf } from './alert-expression.js';
import { instantSeriesOf } from './answer.js';
import type { InstantSeries, PrometheusAnswer } from './answer.js';
import type { PrometheusClient, Reading } from './client.js';
import { dataQueries } from './data-query.js';
import { kinshipOf, narrowedQuery } from './narrow.js';

const MAX_SHOWN_SERIES = 10;
const MAX_SHOWN_LABELS = 30;
const MAX_SHOWN_TEXT = 300;
const MAX_SHOWN_QUERY = 4_000;
const MAX_SHOWN_NOTES = 10;

/** Asks the configured Prometheus for the expression in an alert's generator link, narrowed to the alert's labels. */
export function createConditions(client: PrometheusClient): ConditionSource {
  return {
    asker(alert) {
      const expression = expressionOf(alert);
      return expression === null ? null : (signal) => ask({ client, alert, signal }, expression);
    },
  };
}

interface Asking {
  readonly client: PrometheusClient;
  readonly alert: Alert;
  readonly signal: AbortSignal;
}

/** What one question found for the alert. */
interface Look {
  readonly type: 'looked';
  readonly own: readonly InstantSeries[];
  /** Labels that other series have, which contradict the alert in nothing and may be its own all the same. */
  readonly unknown_labels: readonly string[];
  readonly evidence: Evidence;
}

type Inconclusive = Extract<ConditionAnswer, { type: 'no_data' | 'unavailable' }>;

async function ask(asking: Asking, expression: string): Promise<ConditionAnswer> {
  const condition = await look(asking, expression);
  if (condition.type !== 'looked') return condition;
  const evidence = { url: asking.client.target, ...condition.evidence };
  // A rule fires for every series that its expression answers, whatever the figure.
  if (condition.own.length > 0) return { type: 'holds', evidence };
  if (condition.unknown_labels.length > 0)
    return { type: 'no_data', reason: `the condition is true for series ${unsureOf(condition)}`, evidence };
  const queries = dataQueries(expression);
  if (queries === null) {
    const reason =
      'the condition answers nothing for the labels of the alert, and it has no comparison that can be taken apart, so nobody can tell whether it is false or has no data';
    return { type: 'no_data', reason, evidence };
  }
  return hasData(asking, queries, evidence);
}

/** The condition is not true; that it is false is only known when there is data for each of its sides. */
async function hasData(asking: Asking, queries: readonly string[], evidence: Evidence): Promise<ConditionAnswer> {
  const data: Evidence[] = [];
  for (const query of queries) {
    const found = await look(asking, query);
    if (found.type === 'unavailable') return found;
    data.push(found.evidence);
    const told = { ...evidence, data };
    if (found.type === 'no_data') return { ...found, evidence: told };
    if (!found.own.some(hasFigure)) return { type: 'no_data', reason: reasonWithout(found, query), evidence: told };
  }
  return { type: 'over', evidence: { ...evidence, data } };
}

function reasonWithout(found: Look, query: string): string {
  const shown = cut(query, MAX_SHOWN_TEXT);
  if (found.own.length > 0)
    return `the condition is not true, but what it compares is no figure for the labels of the alert: ${shown}`;
  if (found.unknown_labels.length > 0)
    return `the condition is not true, and its data is of series ${unsureOf(found)}: ${shown}`;
  return `the condition is not true, and there is no data for the labels of the alert: ${shown}`;
}

function unsureOf({ unknown_labels }: Look): string {
  const names = unknown_labels.slice(0, 5).map((name) => cut(name, 100));
  return `with labels that the alert lacks (${names.join(', ')}), so that nobody can tell whether they are its own; are they dropped on the way by alert_relabel_configs?`;
}

/** NaN compares with nothing: 0 errors of 0 requests are no health. */
function hasFigure({ text }: InstantSeries): boolean {
  return text !== null && text.trim() !== '' && !/^[-+]?nan$/i.test(text.trim());
}

async function look({ client, alert, signal }: Asking, query: string): Promise<Look | Inconclusive> {
  let asked = query;
  let reading = await request(client, asked, signal);
  if (reading.type === 'unread' && reading.is_too_large) {
    asked = narrowedQuery(query, alert.labels);
    reading = await request(client, asked, signal);
  }
  if (reading.type === 'unread') return { type: 'unavailable', reason: reading.failed.reason };
  const { answer } = reading;
  if (answer.status === 'error') return refused(client, answer, asked);
  const doubt = doubtOf(answer);
  if (doubt !== null) return { type: 'unavailable', reason: client.failed(doubt, true).reason };
  const series = instantSeriesOf(answer);
  const [remark] = answer.warnings ?? [];
  if (series === null || remark !== undefined) {
    const what = remark === undefined ? `a ${answer.data.resultType}, of which no alert is made` : cut(remark, 500);
    const reason = client.failed(`answered the query with ${what}`, false).reason;
    return { type: 'no_data', reason, evidence: { query: cut(asked, MAX_SHOWN_QUERY) } };
  }
  return narrowed(series, alert, asked, answer.infos ?? []);
}

function request(client: PrometheusClient, query: string, signal: AbortSignal): Promise<Reading> {
  return client.ask('/api/v1/query', new URLSearchParams({ query }), signal);
}

/** What is no PromQL here is a question that cannot be asked, now and later; any other error may pass. */
function refused(
  client: PrometheusClient,
  { errorType, error }: Extract<PrometheusAnswer, { status: 'error' }>,
  asked: string,
): Inconclusive {
  const reason = client.failed(`refused the query: ${cut(errorType, 100)}: ${cut(error, 500)}`, false).reason;
  if (errorType !== 'bad_data') return { type: 'unavailable', reason };
  return { type: 'no_data', reason, evidence: { query: cut(asked, MAX_SHOWN_QUERY) } };
}

/** A part of the storage that did not answer may be the part that matters. Remarks about the query itself are another thing. */
function doubtOf(answer: Extract<PrometheusAnswer, { status: 'success' }>): string | null {
  if (answer.isPartial === true) return 'answered with a part of its data only';
  const warning = (answer.warnings ?? []).find((text) => !text.startsWith('PromQL warning:'));
  return warning === undefined ? null : `answered with a warning: ${cut(warning, 500)}`;
}

function narrowed(series: readonly InstantSeries[], alert: Alert, asked: string, infos: readonly string[]): Look {
  const own: InstantSeries[] = [];
  const unknown = new Set<string>();
  for (const one of series) {
    const kinship = kinshipOf(one.labels, alert.labels);
    if (kinship.type === 'own') own.push(one);
    if (kinship.type === 'unsure') for (const name of kinship.unknown_labels) unknown.add(name);
  }
  const evidence = {
    query: cut(asked, MAX_SHOWN_QUERY),
    series: own.slice(0, MAX_SHOWN_SERIES).map(shownSeries),
    count: own.length,
    /** Of whatever labels. */
    count_before_narrowing: series.length,
    ...(infos.length === 0 ? {} : { infos: infos.slice(0, MAX_SHOWN_NOTES).map((text) => cut(text, MAX_SHOWN_TEXT)) }),
  };
  return { type: 'looked', own, unknown_labels: [...unknown], evidence };
}

/** A figure as a number; NaN and the infinities as they came, which JSON has no numbers for. */
function shownSeries({ labels, text }: InstantSeries): Evidence {
  const shown = Object.entries(labels).slice(0, MAX_SHOWN_LABELS);
  const value = text === null ? null : Number(text);
  return {
    labels: Object.fromEntries(shown.map(([name, label]) => [cut(name, MAX_SHOWN_TEXT), cut(label, MAX_SHOWN_TEXT)])),
    value: value === null || Number.isFinite(value) ? value : cut(text ?? '', 20),
  };
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
