import type { RuleEvaluator, ActiveAlert } from './alert-rules.js';
import { formOf, serveLoopback } from './loopback.js';
import type { Answer, Ask, Loopback } from './loopback.js';
import { evaluatePromql } from './promql-evaluate.js';
import type { SeriesSource } from './promql-evaluate.js';
import { promqlDurationMs, PromqlError } from './promql-lex.js';
import { parsePromql } from './promql-parse.js';
import { labelKey, nameOf } from './promql-value.js';
import type { Value } from './promql-value.js';

const MAX_POINTS = 11_000;

interface Deps {
  readonly source: SeriesSource;
  readonly rules: RuleEvaluator;
}

/** Serves the shop's series as Prometheus' HTTP API does: queries, rules, alerts, labels. */
export function servePrometheus(port: number, deps: Deps): Promise<Loopback> {
  return serveLoopback(port, (ask) => answer(ask, deps));
}

function answer(ask: Ask, deps: Deps): Answer {
  const route = ROUTES[ask.path.replace(/(.)\/$/, '$1')];
  if (!route) return labelValues(ask, deps) ?? { status: 404, body: '404 page not found\n' };
  if (!route.methods.includes(ask.method === 'HEAD' ? 'GET' : ask.method))
    return { status: 405, body: 'Method Not Allowed\n' };
  try {
    return route.work(ask, deps);
  } catch (error) {
    if (error instanceof BadParameter) return failure(400, 'bad_data', error.message);
    if (!(error instanceof PromqlError)) throw error;
    if (error.kind === 'execution') return failure(422, 'execution', error.message);
    return failure(400, 'bad_data', `invalid parameter "query": ${error.message}`);
  }
}

class BadParameter extends Error {}

const ROUTES: Readonly<
  Record<string, { readonly methods: readonly string[]; readonly work: (ask: Ask, deps: Deps) => Answer }>
> = {
  '/-/ready': { methods: ['GET'], work: () => ({ status: 200, body: 'Prometheus Server is Ready.\n' }) },
  '/-/healthy': { methods: ['GET'], work: () => ({ status: 200, body: 'Prometheus Server is Healthy.\n' }) },
  '/api/v1/status/buildinfo': { methods: ['GET'], work: () => success(BUILD) },
  '/api/v1/query': { methods: ['GET', 'POST'], work: query },
  '/api/v1/query_range': { methods: ['GET', 'POST'], work: queryRange },
  '/api/v1/labels': { methods: ['GET', 'POST'], work: (_, { source }) => success(labelNames(source)) },
  '/api/v1/series': { methods: ['GET', 'POST'], work: series },
  '/api/v1/alerts': { methods: ['GET'], work: (_, { rules }) => success({ alerts: rules.active().map(alertJson) }) },
  '/api/v1/rules': { methods: ['GET'], work: (_, { rules }) => success({ groups: [ruleGroup(rules)] }) },
};

const BUILD = {
  version: '2.53.2',
  revision: '0000000',
  branch: 'shop',
  buildUser: 'shop',
  buildDate: '20261121-00:00:00',
  goVersion: 'go1.22',
};

function query(ask: Ask, { source }: Deps): Answer {
  const form = formOf(ask);
  const at = timeParameter(form, 'time', source.now());
  const value = evaluatePromql(form.get('query') ?? '', at, source);
  return success({ resultType: value.type, result: instantResult(value, at) });
}

function instantResult(value: Value, at: number): unknown {
  switch (value.type) {
    case 'scalar':
      return [at / 1_000, formatNumber(value.value)];
    case 'string':
      return [at / 1_000, value.value];
    case 'vector':
      return value.samples.map((sample) => ({
        metric: sample.labels,
        value: [at / 1_000, formatNumber(sample.value)],
      }));
    case 'matrix':
      return value.samples.map((series) => ({
        metric: series.labels,
        values: series.points.map((point) => [point.at / 1_000, formatNumber(point.value)]),
      }));
  }
}

function queryRange(ask: Ask, { source }: Deps): Answer {
  const form = formOf(ask);
  const start = timeParameter(form, 'start', null);
  const end = timeParameter(form, 'end', null);
  const step = stepParameter(form);
  if (end < start) throw new BadParameter('invalid parameter "end": end timestamp must not be before start time');
  if ((end - start) / step > MAX_POINTS) {
    throw new BadParameter(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const expression = parsePromql(form.get('query') ?? '');
  const series = new Map<string, { metric: Readonly<Record<string, string>>; values: [number, string][] }>();
  for (let at = start; at <= end; at += step) {
    const value = evaluatePromql(expression, at, source);
    if (value.type === 'matrix' || value.type === 'string') {
      throw new PromqlError(
        `invalid expression type "${nameOf(value)}" for range query, must be Scalar or instant Vector`,
      );
    }
    for (const sample of value.type === 'scalar' ? [{ labels: {}, value: value.value }] : value.samples) {
      const key = labelKey(sample.labels);
      const known = series.get(key) ?? { metric: sample.labels, values: [] };
      known.values.push([at / 1_000, formatNumber(sample.value)]);
      series.set(key, known);
    }
  }
  return success({ resultType: 'matrix', result: [...series.values()] });
}

function series(ask: Ask, { source }: Deps): Answer {
  const matches = formOf(ask).getAll('match[]');
  if (matches.length === 0) throw new BadParameter('no match[] parameter provided');
  const found = matches.flatMap((match) => {
    const value = evaluatePromql(match, source.now(), source);
    return value.type === 'vector' ? value.samples.map((sample) => sample.labels) : [];
  });
  return success([...new Map(found.map((labels) => [labelKey(labels), labels])).values()]);
}

function labelNames(source: SeriesSource): string[] {
  const names = new Set(['__name__']);
  for (const read of source.series.values())
    for (const sample of read(source.now())) for (const name of Object.keys(sample.labels)) names.add(name);
  return [...names].sort();
}

function labelValues(ask: Ask, { source }: Deps): Answer | null {
  const label = /^\/api\/v1\/label\/([A-Za-z_][A-Za-z0-9_]*)\/values$/.exec(ask.path)?.[1];
  if (label === undefined) return null;
  if (label === '__name__') return success([...source.series.keys()].sort());
  const values = new Set<string>();
  for (const read of source.series.values())
    for (const sample of read(source.now())) if (sample.labels[label] !== undefined) values.add(sample.labels[label]);
  return success([...values].sort());
}

function alertJson(alert: ActiveAlert): Record<string, unknown> {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    state: alert.state,
    activeAt: new Date(alert.active_at).toISOString(),
    value: exponent(alert.value),
  };
}

function ruleGroup(rules: RuleEvaluator): Record<string, unknown> {
  const active = rules.active();
  return {
    name: 'shop',
    file: 'shop.rules.yml',
    interval: 1,
    limit: 0,
    rules: rules.rules.map((rule) => {
      const alerts = active.filter((alert) => alert.rule === rule);
      const state = alerts.some((alert) => alert.state === 'firing')
        ? 'firing'
        : alerts.length > 0
          ? 'pending'
          : 'inactive';
      const { name, query: text, labels, annotations } = rule;
      return {
        state,
        name,
        query: text,
        duration: rule.for_ms / 1_000,
        keepFiringFor: 0,
        labels,
        annotations,
        alerts: alerts.map(alertJson),
        health: 'ok',
        type: 'alerting',
      };
    }),
  };
}

function timeParameter(form: URLSearchParams, name: string, otherwise: number | null): number {
  const text = form.get(name);
  if (text === null || text === '') {
    if (otherwise !== null) return otherwise;
    throw new BadParameter(`invalid parameter "${name}": cannot parse "" to a valid timestamp`);
  }
  const seconds = Number(text);
  const at = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(text);
  if (Number.isNaN(at))
    throw new BadParameter(`invalid parameter "${name}": cannot parse "${text}" to a valid timestamp`);
  return at;
}

function stepParameter(form: URLSearchParams): number {
  const text = form.get('step') ?? '';
  const step = /^(\d+(ms|[smhdwy]))+$/.test(text) ? promqlDurationMs(text) : text === '' ? NaN : Number(text) * 1_000;
  if (!Number.isFinite(step))
    throw new BadParameter(`invalid parameter "step": cannot parse "${text}" to a valid duration`);
  if (step <= 0)
    throw new BadParameter(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  return step;
}

/** Numbers as Go prints them: `NaN`, `+Inf`, `-Inf`. */
function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function exponent(value: number): string {
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function success(data: unknown): Answer {
  return { status: 200, body: { status: 'success', data } };
}

function failure(status: number, errorType: string, error: string): Answer {
  return { status, body: { status: 'error', errorType, error } };
}
