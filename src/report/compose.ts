import type { IncidentBrief } from '../domain/incident/incident.js';
import type { Notice, PlainNotice } from '../domain/notifier.js';
import type { Report } from '../domain/run/report.js';
import type { Step } from '../domain/run/run.js';
import type { OutboxEntry } from '../domain/outbox.js';
import { incidentOf, reportOf, runLink } from './build.js';
import type { BuildReportOptions } from './build.js';
import { wordsOf } from './dictionary.js';
import { figure, plain } from './plain.js';
import { renderHtml } from './render-html.js';
import { renderText } from './render-text.js';
import type { ReportedRun } from './reported-run.js';
import { incidentLine } from './summarize.js';
import type { Words } from './words.js';

/** What people are told for an outbox entry: the whole report, or a few lines about one step. Its channels are the caller's business. */
export async function composeNotice(
  entry: OutboxEntry,
  run: ReportedRun,
  options: BuildReportOptions,
): Promise<Omit<Notice, 'channels'>> {
  const shared = { notice_id: entry.outbox_id, recipients: [], link: runLink(run.run_id, options.publicUrl) };
  if (entry.kind !== 'report') {
    const incident = await incidentOf(run, options);
    return { ...shared, ...shortNotice(entry, run, incident, wordsOf(options.language)) };
  }
  const report = await reportOf(run, options);
  return {
    ...shared,
    subject: report.title,
    text: renderText(report),
    html: renderHtml(report),
    severity: severityOf(report),
  };
}

/** What people are told that belongs to no run: as it was written, with a way to Fixpoint where its address is known. */
export function composePlain(
  entry: OutboxEntry,
  { subject, text, severity }: PlainNotice,
  publicUrl: string | null,
): Omit<Notice, 'channels'> {
  return { notice_id: entry.outbox_id, subject, text, html: null, severity, recipients: [], link: publicUrl };
}

/** Good news is `info`, so that nobody is called by name for it; a write in doubt or a problem that stays is what people must look at. */
function severityOf(report: Report): Notice['severity'] {
  const reasons = new Set(report.left.map((entry) => entry.reason));
  if (report.outcome === 'not_fixed' || reasons.has('in_doubt')) return 'critical';
  if (report.state === 'succeeded') return reasons.has('failed') ? 'warning' : 'info';
  return report.state === 'failed' && report.alert?.severity === 'critical' && !report.recorded_only
    ? 'critical'
    : 'warning';
}

/** A few lines: what happened at which step of which run, over which alert. */
function shortNotice(
  entry: OutboxEntry,
  run: ReportedRun,
  incident: IncidentBrief | null,
  words: Words,
): Pick<Notice, 'subject' | 'text' | 'html' | 'severity'> {
  const playbook = plain(run.playbook_name, 200) || run.playbook_id;
  const step = run.steps.find((candidate) => candidate.step_id === entry.step_id);
  const message = plain(words.said(entry.message), 2_000);
  const recorded = run.dry_run || run.mode === 'shadow';
  const lines = [
    ...(recorded ? [words.notice.recorded] : []),
    message,
    ...(step ? howToAnswer(step, run, words) : []),
    '',
    ...(step
      ? [words.notice.step(plain(words.said(step.name), 200) || step.step_id, words.step_state[step.state])]
      : []),
    words.notice.run(playbook, words.run_state[run.state]),
    ...alertLine(run, words),
    ...(incident === null ? [] : [incidentLine(incident, words)]),
  ];
  const heading = entry.kind === 'escalate' ? words.notice.escalate(playbook) : words.notice.notify(playbook);
  const subject = message === '' ? heading : words.timeline.step(heading, plain(message, 120));
  const failed = step === undefined || step.state === 'failed';
  const severity = entry.kind === 'escalate' ? 'critical' : failed ? 'warning' : 'info';
  return {
    subject: recorded ? (run.dry_run ? words.title.dry_run(subject) : words.title.shadow(subject)) : subject,
    text: `${lines.join('\n')}\n`,
    html: null,
    severity: recorded && severity === 'critical' ? 'warning' : severity,
  };
}

/** The commands that answer what the step waits for; whoever reads this on a phone has nothing else at hand. */
function howToAnswer(step: Step, { run_id }: ReportedRun, { notice }: Words): string[] {
  if (step.state !== 'waiting') return [];
  if (step.reason === 'approval' && step.approval?.state === 'pending') {
    const { approval_id, expires_at } = step.approval;
    return [notice.approve(`fixpoint approve ${approval_id}`, `fixpoint deny ${approval_id}`, expires_at)];
  }
  const confirm = `fixpoint runs confirm ${run_id}`;
  const which = `--step '${step.step_id}'`;
  if (step.reason === 'confirmation') return [notice.confirm(`${confirm} yes ${which}`, `${confirm} no ${which}`)];
  if (step.reason === 'in_doubt') return [notice.settle(`${confirm} yes ${which}`, `${confirm} no ${which}`)];
  return [];
}

function alertLine(run: ReportedRun, words: Words): string[] {
  const { alert } = run;
  if (alert === null) return [];
  const where = alert.service_name ?? alert.host_ip;
  const value = alert.metric_value === null ? null : figure(alert.metric_value, alert.metric_unit);
  return [words.summary.alert(alert.severity, plain(alert.alert_name, 200), where && plain(where, 200), value)];
}
