import { z } from 'zod';
import type { Settings } from '../config.js';
import type { Alert } from '../domain/alert/alert.js';
import { withOriginals } from '../domain/alert/alert-change.js';
import type { Clock } from '../domain/clock.js';
import { formatMs } from '../domain/duration.js';
import { messageOf } from '../domain/errors.js';
import { metricQueryFor } from '../domain/alert/metric-query.js';
import type { MetricAnswer, MetricSource } from '../domain/alert/metric-source.js';
import { compileCriteria } from '../domain/rule/rule-criterion.js';
import type { Criterion } from '../domain/rule/rule-criterion.js';
import type { Rule } from '../domain/rule/rule.js';
import { limitTime } from '../domain/time-limit.js';
import { sources } from '../source/registry.js';

/** All questions of a batch together: a decision must not wait longer for a figure that may not come. */
const LIMIT_MS = 3_000;
/** Different questions in one batch; who comes later has no figure. */
const MAX_QUESTIONS = 50;

const SliceWithQuery = z.object({ metric_query: z.string().optional() });

/** Puts the figure of a configured PromQL into alerts that have none, with what was asked and why there is none in the annotation `metric_query`. */
export type Enrich = (alerts: readonly Alert[]) => Promise<readonly Alert[]>;

/** What puts figures in with the rules in force; null where neither a source nor a rule names a query, so that triage has nothing to ask for. */
export function createEnrich(
  settings: Pick<Settings, 'sources'>,
  rules: () => readonly Rule[],
  metric: MetricSource | null,
  clock: Clock,
): () => Enrich | null {
  const bySource = new Map(
    Object.entries(settings.sources).flatMap(([name, slice]) => {
      const query = SliceWithQuery.safeParse(slice).data?.metric_query;
      return query === undefined ? [] : [[name, query] as const];
    }),
  );
  let compiled: { readonly rules: readonly Rule[]; readonly enrich: Enrich | null } | null = null;
  return () => {
    const now = rules();
    if (compiled?.rules !== now) {
      const asking = now.filter((rule) => rule.metric_query !== undefined && rule.enabled !== false).map(askingRule);
      asking.sort((a, b) => b.priority - a.priority);
      const isNothing = bySource.size === 0 && asking.length === 0;
      const parts: Asking = { bySource, asking, metric, clock };
      compiled = { rules: now, enrich: isNothing ? null : (alerts) => enrichAll(alerts, parts) };
    }
    return compiled.enrich;
  };
}

interface AskingRule {
  readonly query: string;
  readonly priority: number;
  readonly criteria: readonly Criterion[];
}

/** All that a rule asks but for its condition, which wants the figure. */
function askingRule(rule: Rule): AskingRule {
  const { condition: _condition, ...rest } = rule;
  const { criteria } = compileCriteria(rest);
  return { query: rule.metric_query ?? '', priority: rule.priority ?? 0, criteria };
}

/** What is posted to `generic` calls itself as it likes, so its query is for every name that no other source has. */
const OWN_NAMES: ReadonlySet<string> = new Set(sources.map(({ name }) => name));
const ANY_NAME = 'generic';

interface Asking {
  readonly bySource: ReadonlyMap<string, string>;
  readonly asking: readonly AskingRule[];
  readonly metric: MetricSource | null;
  readonly clock: Clock;
}

async function enrichAll(alerts: readonly Alert[], parts: Asking): Promise<readonly Alert[]> {
  const limit = limitTime(new AbortController().signal, LIMIT_MS, parts.clock);
  const answers = new Map<string, Promise<MetricAnswer>>();
  const ask = (query: string): Promise<MetricAnswer> => {
    const { metric } = parts;
    if (metric === null) return Promise.resolve(none('executors.prometheus is not configured'));
    let answer = answers.get(query);
    if (answer !== undefined) return answer;
    if (answers.size >= MAX_QUESTIONS) return Promise.resolve(none(`more than ${MAX_QUESTIONS} questions at once`));
    answer = metric(query, limit.signal).then(
      (found) => (found.type === 'none' && limit.isOver() ? none(`no answer within ${formatMs(LIMIT_MS)}`) : found),
      (error: unknown) => none(messageOf(error)),
    );
    answers.set(query, answer);
    return answer;
  };
  try {
    return await Promise.all(alerts.map((alert) => enriched(alert, parts, ask)));
  } finally {
    limit.end();
  }
}

async function enriched(
  alert: Alert,
  { bySource, asking }: Asking,
  ask: (query: string) => Promise<MetricAnswer>,
): Promise<Alert> {
  const rule = asking.find(({ criteria }) => criteria.every((criterion) => criterion.holds(alert)));
  const name = OWN_NAMES.has(alert.source_system) ? alert.source_system : ANY_NAME;
  const written = rule?.query ?? bySource.get(name);
  if (written === undefined) return alert;
  let query = written;
  let answer: MetricAnswer;
  try {
    query = metricQueryFor(written, alert);
    answer = await ask(query);
  } catch (error) {
    answer = none(messageOf(error));
  }
  const told = answer.type === 'figure' ? query : `no figure: ${answer.reason}; asked: ${query}`;
  const annotations = { ...alert.annotations, metric_query: told.slice(0, 4_000) };
  if (answer.type === 'none') return { ...alert, annotations };
  return { ...withOriginals(alert, { metric_value: answer.value }), annotations };
}

function none(reason: string): MetricAnswer {
  return { type: 'none', reason };
}
