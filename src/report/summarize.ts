import type { Alert } from '../domain/alert/alert.js';
import type { IncidentBrief } from '../domain/incident/incident.js';
import type { Language } from '../domain/notifier.js';
import type { LeftReason, Report } from '../domain/run/report.js';
import { PROOF_ID } from '../domain/run/proof.js';
import { isRunFinished } from '../domain/run/run.js';
import type { RunHeader, Step, StoredEvent } from '../domain/run/run.js';
import { changeLine } from './change-line.js';
import { isAnyInDoubt, leftOf } from './left.js';
import { figure, plain, safeLink, valueText } from './plain.js';
import { timelineOf } from './timeline.js';
import { wordsOf } from './dictionary.js';
import type { ReportedRun } from './reported-run.js';
import type { Words } from './words.js';

/** What one section lists, at most. */
const MAX_LINES = 100;
/** What the summary names, at most. */
const MAX_NAMED = 3;
const MAX_LINKS = 20;

export interface SummarizeInput {
  readonly run: ReportedRun;
  /** In their order; as many as there are. */
  readonly events: readonly StoredEvent[];
  readonly language: Language;
  /** By name (`run`, `dashboard` …); the alert's own links are added. */
  readonly links: Readonly<Record<string, string>>;
  /** What the run's alert is part of. */
  readonly incident?: IncidentBrief | null;
}

/** What the summary asks people to look at; the rest stands in the list. */
const URGENT: ReadonlySet<LeftReason> = new Set<LeftReason>(['in_doubt', 'failed', 'waiting']);

type Done = Report['done'][number];

/**
 * Puts a run into words. Pure: the same run gives the same report. Every text of the run is foreign and comes out as bounded plain
 * lines; a run that only recorded its writes says so first, and never in the past tense of a deed.
 */
export function summarize({ run, events, language, links, incident = null }: SummarizeInput): Report {
  const words = wordsOf(language);
  const done = doneOf(run.steps, words);
  const left = leftOf(run, words);
  const recorded_only = isRecordedOnly(run, done);
  const duration_ms = durationOf(run);
  return {
    run_id: run.run_id,
    language,
    title: titleOf(run, recorded_only, duration_ms, words),
    state: run.state,
    outcome: run.outcome,
    mode: run.mode,
    dry_run: run.dry_run,
    recorded_only,
    summary: summaryOf({ run, done, left, recorded_only, incident, words }),
    playbook_id: run.playbook_id,
    playbook_name: nameOf(run),
    rule_id: run.rule_id,
    service_name: run.service_name === null ? null : plain(run.service_name, 200),
    started_at: run.started_at,
    finished_at: run.finished_at,
    duration_ms,
    alert: run.alert === null ? null : alertOf(run.alert),
    incident: incident === null ? null : incidentOf(incident),
    alert_count: run.alert_ids.length,
    alerts_resolved_at: run.alerts_resolved_at,
    seen: seenOf(run.steps, words),
    done,
    left,
    timeline: timelineOf(run, events, words),
    links: linksOf(run, links),
  };
}

function nameOf(run: RunHeader): string {
  return plain(run.playbook_name, 200) || run.playbook_id;
}

function durationOf(run: RunHeader): number | null {
  if (run.finished_at === null) return null;
  return Math.max(0, Date.parse(run.finished_at) - Date.parse(run.started_at ?? run.created_at));
}

/** A write that was really made ends every claim that nothing was changed, whatever the run's mode says. */
function isRecordedOnly(run: RunHeader, done: readonly Done[]): boolean {
  const writes = done.filter((entry) => entry.effect === 'write');
  if (writes.some((entry) => !entry.recorded_only)) return false;
  return run.dry_run || run.mode === 'shadow' || writes.length > 0;
}

function titleOf(run: RunHeader, recorded_only: boolean, duration_ms: number | null, words: Words): string {
  const duration = duration_ms === null ? null : words.duration(duration_ms);
  const title = words.title.state(nameOf(run), run.state, duration);
  const whole = run.outcome === 'not_fixed' ? `${title}${words.title.not_fixed}` : title;
  if (!recorded_only) return whole;
  if (run.dry_run) return words.title.dry_run(whole);
  return run.mode === 'shadow' ? words.title.shadow(whole) : words.title.recorded(whole);
}

function alertOf(alert: Alert): NonNullable<Report['alert']> {
  return {
    alert_id: alert.alert_id,
    alert_name: plain(alert.alert_name, 200),
    severity: alert.severity,
    status: alert.status,
    service_name: alert.service_name === null ? null : plain(alert.service_name, 200),
    host_ip: alert.host_ip === null ? null : plain(alert.host_ip, 200),
    metric_value: alert.metric_value,
    metric_unit: alert.metric_unit === null ? null : plain(alert.metric_unit, 20),
    description: plain(alert.description),
    timestamp: alert.timestamp,
    source_system: plain(alert.source_system, 100),
  };
}

function incidentOf({ incident_id, title, priority }: IncidentBrief): NonNullable<Report['incident']> {
  return { incident_id, title: plain(title, 300), priority };
}

/** One sentence that names what an alert is part of, and how urgent that is. */
export function incidentLine({ priority, title, incident_id }: IncidentBrief, words: Words): string {
  return words.summary.incident(priority, plain(title, 300), incident_id);
}

function seenOf(steps: readonly Step[], words: Words): Report['seen'] {
  const seen: Report['seen'] = [];
  for (const step of steps) {
    if (step.effect !== 'read' || step.state !== 'succeeded') continue;
    const text = plain(words.said(step.summary ?? '')) || words.step_state.succeeded;
    seen.push({ step_id: step.step_id, name: plain(words.said(step.name), 200) || step.step_id, text });
  }
  return bounded(seen, (count) => ({ step_id: '', name: '…', text: words.more(count) }));
}

/** A step that failed may have changed something first, and one that began another run tells what that changed: neither is nothing. */
function doneOf(steps: readonly Step[], words: Words): Done[] {
  const done: Done[] = [];
  for (const step of steps) {
    const effect = hasChanged(step) ? 'write' : step.effect;
    if (!(step.state === 'succeeded' || hasChanged(step)) || (effect !== 'write' && effect !== 'notify')) continue;
    // A write that is only recorded need not have a change: then what it was about to do says it.
    const change = step.change ?? (step.recorded_only ? step.intent : null);
    done.push({
      step_id: step.step_id,
      name: plain(words.said(step.name), 200) || step.step_id,
      effect,
      target: change === null ? '' : plain(change.target, 200),
      what: change === null ? plain(words.said(step.summary ?? '')) : plain(words.said(change.what), 200),
      from: change === null ? '' : valueText(change.from),
      to: change === null ? '' : valueText(change.to),
      recorded_only: step.recorded_only,
    });
  }
  return done.slice(0, MAX_LINES);
}

function hasChanged(step: Step): boolean {
  return step.change !== null && !step.recorded_only;
}

function bounded<Line>(lines: Line[], rest: (count: number) => Line): Line[] {
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES - 1), rest(lines.length - MAX_LINES + 1)];
}

interface Told {
  readonly run: ReportedRun;
  readonly done: readonly Done[];
  readonly left: Report['left'];
  readonly recorded_only: boolean;
  readonly incident: IncidentBrief | null;
  readonly words: Words;
}

function summaryOf(told: Told): string {
  const { run, left, words } = told;
  const sentences = [beginning(run, words)];
  if (run.alert_ids.length > 1) sentences.push(words.summary.alerts(run.alert_ids.length));
  if (told.incident !== null) sentences.push(incidentLine(told.incident, words));
  sentences.push(...changes(told), ...whyNothing(told), ...stateSentence(run, words), ...result(told));
  const urgent = left.filter((entry) => URGENT.has(entry.reason));
  const first = urgent[0];
  // A run that failed or waits has said already over what; only what is left besides is worth another sentence.
  const said = run.state === 'failed' || run.state === 'waiting';
  if (first && !(said && urgent.length === 1))
    sentences.push(words.sentence(words.summary.left(first.text, urgent.length - 1)));
  return words.join(sentences);
}

function beginning(run: ReportedRun, words: Words): string {
  const { alert } = run;
  if (alert === null) return words.summary.by_hand(plain(run.requested_by, 100));
  const where = alert.service_name ?? run.service_name ?? alert.host_ip;
  const value = alert.metric_value === null ? null : figure(alert.metric_value, alert.metric_unit);
  return words.summary.alert(alert.severity, plain(alert.alert_name, 200), where && plain(where, 200), value);
}

function changes({ run, done, left, recorded_only, words }: Told): string[] {
  const writes = done.filter((entry) => entry.effect === 'write');
  const real = writes.filter((entry) => !entry.recorded_only);
  const told = (real.length > 0 ? real : writes).map((entry) => changeLine(entry, words));
  const named = told.length > MAX_NAMED ? [...told.slice(0, MAX_NAMED), words.more(told.length - MAX_NAMED)] : told;
  if (real.length > 0) return [words.summary.changed(words.list(named)), ...takenBack(run.steps, words)];
  if (writes.length > 0) return [words.summary.would_change(words.list(named))];
  if (isAnyInDoubt(left)) return [words.summary.perhaps_changed];
  if (recorded_only && isRunFinished(run.state) && run.state === 'succeeded')
    return [words.summary.nothing_would_change];
  return [words.summary.nothing_changed];
}

/** Where a run that ended well did nothing, whoever reads only this must not have to guess what held it back. */
function whyNothing({ run, left, words }: Told): string[] {
  const held = run.outcome === 'nothing_done' && left.find(({ reason }) => reason === 'held');
  return held ? [words.sentence(held.text)] : [];
}

/** Said only where all of it was: what could not be taken back stands in what is left. */
function takenBack(steps: readonly Step[], words: Words): string[] {
  const made = steps.filter(
    (step) => hasChanged(step) || (step.state === 'succeeded' && step.effect === 'write' && !step.recorded_only),
  );
  const ids = new Set(made.filter((step) => step.state === 'succeeded').map((step) => step.step_id));
  const isWhole = made.every(({ step_id }) => step_id.endsWith(':undo') || ids.has(`${step_id}:undo`));
  return made.length > 0 && isWhole ? [words.summary.taken_back] : [];
}

function stateSentence(run: ReportedRun, words: Words): string[] {
  // What it waits for is told by the step, in a sentence: the run itself has only a word for it.
  const waits = run.state === 'waiting' ? plain(waitingFor(run, words)) : '';
  const reason = waits || plain(words.said(run.reason ?? '')) || plain(waitingFor(run, words));
  const say = (sentence: (reason: string) => string): string[] =>
    reason === '' ? [] : [words.sentence(sentence(reason))];
  if (run.state === 'failed') return say((text) => words.summary.failed(text));
  if (run.state === 'cancelled') return say((text) => words.summary.cancelled(text));
  if (run.state === 'waiting') return say((text) => words.summary.waits(text));
  if (run.state === 'paused') return say((text) => words.summary.paused(text));
  return [];
}

function waitingFor(run: ReportedRun, words: Words): string {
  const waiting = run.steps.find((step) => step.state === 'waiting' && step.message !== null);
  return waiting === undefined ? '' : words.timeline.step(words.said(waiting.name), words.said(waiting.message ?? ''));
}

/** Whether it helped. A run that changed nothing takes no credit for an alert that resolved. */
function result({ run, done, left, words }: Told): string[] {
  const sentences: string[] = [];
  const outcome = run.outcome === null ? null : words.summary.outcome[run.outcome];
  if (outcome !== null) sentences.push(outcome);
  const isLookedAt = run.steps.some(({ step_id, state }) => step_id === PROOF_ID && state === 'succeeded');
  if (isLookedAt && run.outcome === 'unverified') sentences.push(words.summary.unproven);
  if (run.alert === null || run.outcome === 'not_fixed') return sentences;
  const acted = isAnyInDoubt(left) || done.some((entry) => entry.effect === 'write' && !entry.recorded_only);
  if (run.alerts_resolved_at !== null)
    sentences.push(acted ? words.summary.resolved : words.summary.resolved_without_us);
  else if (isRunFinished(run.state)) sentences.push(words.summary.still_firing);
  return sentences;
}

/** Ours first; an alert's links are foreign, so only addresses that a click may open are kept. */
function linksOf(run: ReportedRun, links: Readonly<Record<string, string>>): Record<string, string> {
  const kept = new Map<string, string>();
  for (const [name, address] of [...Object.entries(links), ...Object.entries(run.alert?.links ?? {})]) {
    const label = plain(name, 60);
    const safe = safeLink(address);
    if (safe !== null && label !== '' && !kept.has(label) && kept.size < MAX_LINKS) kept.set(label, safe);
  }
  return Object.fromEntries(kept);
}
