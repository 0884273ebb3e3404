import type { Alert } from '../domain/alert/alert.js';
import type { IncidentBrief } from '../domain/incident/incident.js';
import type { Language } from '../domain/notifier.js';
import type { Report } from '../domain/run/report.js';
import type { StoredEvent } from '../domain/run/run.js';
import type { RunView } from '../domain/run/run-view.js';
import type { ReportedRun } from './reported-run.js';
import { summarize } from './summarize.js';

/** A run with more events than this is told from its first ones and its steps. */
const MAX_EVENTS = 20_000;

export interface BuildReportOptions {
  readonly runView: Pick<RunView, 'get' | 'events'>;
  readonly language: Language;
  /** Where people reach Fixpoint; null when it is not configured, and then no link to it is given. */
  readonly publicUrl: string | null;
  /** What an alert is part of; absent: it is not told. */
  readonly incidentOf?: (alert: Alert) => Promise<IncidentBrief | null>;
}

/** The report of a run as it stands now, finished or not; null when there is no such run. */
export async function buildReport(run_id: string, options: BuildReportOptions): Promise<Report | null> {
  const run = await options.runView.get(run_id);
  return run === null ? null : reportOf(run, options);
}

/** The report of a run that was read already. */
export async function reportOf(run: ReportedRun, options: BuildReportOptions): Promise<Report> {
  const link = runLink(run.run_id, options.publicUrl);
  return summarize({
    run,
    events: await allEvents(run.run_id, options.runView),
    language: options.language,
    links: link === null ? {} : { run: link },
    incident: await incidentOf(run, options),
  });
}

/** What the alert of a run is part of. A report is worth more than this one line of it: where it cannot be told, it is left out. */
export async function incidentOf(
  { alert }: Pick<ReportedRun, 'alert'>,
  options: Pick<BuildReportOptions, 'incidentOf'>,
): Promise<IncidentBrief | null> {
  return alert && options.incidentOf ? options.incidentOf(alert).catch(() => null) : null;
}

/** The run's page; null when no public address is configured. */
export function runLink(run_id: string, publicUrl: string | null): string | null {
  return publicUrl === null ? null : `${publicUrl.replace(/\/+$/, '')}/runs/${encodeURIComponent(run_id)}`;
}

async function allEvents(run_id: string, runView: Pick<RunView, 'events'>): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  while (events.length < MAX_EVENTS) {
    const after = events.at(-1)?.seq ?? 0;
    const page = await runView.events(run_id, after);
    events.push(...page);
    if (page.length === 0) break;
  }
  return events;
}
