import { durationMs } from '../duration.js';
import { briefOf } from './incident.js';
import { incidentAt } from './incident-change.js';
import type { IncidentRecord } from './incident-change.js';
import type { IncidentNews, IncidentRules } from './incident-rules.js';

interface Due {
  readonly what: IncidentNews['what'];
  readonly at: number;
}

/** One piece of news, with its line for the timeline. */
interface DueNews {
  readonly news: IncidentNews;
  readonly line: { readonly type: 'clock_warning' | 'clock_breached'; readonly message: string } | null;
}

/** When something is to be told of an incident next; null: nothing more. */
export function nextNewsAt(record: IncidentRecord, rules: IncidentRules): number | null {
  const left = newsOf(record, rules).filter(({ what }) => !record.told.includes(what));
  return left.length === 0 ? null : Math.min(...left.map(({ at }) => at));
}

/** What is to be told by now, each with its line for the timeline; it counts as told from now on. */
export function dueNews(record: IncidentRecord, rules: IncidentRules, now: string): DueNews[] {
  const due = newsOf(record, rules).filter(({ what, at }) => at <= Date.parse(now) && !record.told.includes(what));
  record.told.push(...due.map(({ what }) => what));
  return due.flatMap(({ what }): DueNews[] => {
    const incident = briefOf(incidentAt(record, now));
    if (what === 'opened') return [{ news: { what, incident, by: null }, line: null }];
    const clock = what.startsWith('acknowledge') ? 'acknowledge' : 'resolve';
    const isBreach = what === `${clock}_breached`;
    // Of a clock that is over nobody needs to be warned.
    if (!isBreach && due.some((other) => other.what === `${clock}_breached`)) return [];
    const by = record[`${clock}_by`];
    const message = isBreach ? `nobody has ${clock}d it by ${by ?? ''}` : `it has to be ${clock}d by ${by ?? ''}`;
    return [{ news: { what, incident, by }, line: { type: isBreach ? 'clock_breached' : 'clock_warning', message } }];
  });
}

/**
 * Everything that is, or will be, worth telling of an incident in its present state. What falls due is told at the next full `notify_wait`: so
 * whatever falls due meanwhile goes with it, and a storm of incidents is a few messages.
 */
function newsOf(record: IncidentRecord, rules: IncidentRules): Due[] {
  if (record.state === 'resolved') return [];
  const { config, compose } = rules;
  const from = Date.parse(record.counted_from);
  const news: Due[] = [];
  if (compose !== null && record.reopened_at === null)
    news.push({ what: 'opened', at: from + durationMs(config.notify_wait) });
  const clock = (name: 'acknowledge' | 'resolve', by: string | null): void => {
    if (by === null) return;
    const end = Date.parse(by);
    news.push({ what: `${name}_warning`, at: from + Math.round((end - from) * config.warn_at) });
    news.push({ what: `${name}_breached`, at: end });
  };
  if (record.state === 'open') clock('acknowledge', record.acknowledge_by);
  clock('resolve', record.resolve_by);
  const wait = durationMs(config.notify_wait);
  return wait === 0 ? news : news.map(({ what, at }) => ({ what, at: Math.ceil(at / wait) * wait }));
}
