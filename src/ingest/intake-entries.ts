import type { ParsedAlert } from '../domain/alert/alert.js';
import { compileChanges, CHANGE_ROOTS, withOriginals } from '../domain/alert/alert-change.js';
import type { ReadyChanges } from '../domain/alert/alert-change.js';
import { cut } from '../domain/cut.js';
import { messageOf } from '../domain/errors.js';
import { compileBare } from '../domain/alert/field-expression.js';
import type { FieldExpression } from '../domain/alert/field-expression.js';
import type { IntakeEntry } from '../domain/alert/intake-entry.js';
import { labelOf, matcherHolds, parseMatcher } from '../domain/alert/label.js';
import type { Matcher } from '../domain/alert/label.js';
import type { ParsedPayload } from '../domain/source.js';
import { valueInText } from '../domain/alert/value-in-text.js';

/** More different remarks about one payload are not kept. */
const MAX_REMARKS = 50;
const MAX_REMARK_LENGTH = 300;

/** What is done to the alerts of a source before they are stored. */
export type IntakeWork = (source: string, payload: ParsedPayload) => ParsedPayload;

/**
 * Compiles the settings `intake` and `metric_from_text`, which comes first, so that entries see the figure; null when they say nothing, so
 * that alerts pass by it.
 */
export function compileIntake(entries: readonly IntakeEntry[], metric_from_text = false): IntakeWork | null {
  const work = compileEntries(entries);
  if (!metric_from_text) return work;
  return (source, payload) => {
    const read = withFigures(payload);
    return work?.(source, read) ?? read;
  };
}

/** Alerts without a figure take the one that stands in their text; a payload in which nothing is found stays as it is. */
function withFigures(payload: ParsedPayload): ParsedPayload {
  let alerts: ParsedAlert[] | null = null;
  for (const [index, alert] of payload.alerts.entries()) {
    if (alert.metric_value !== null || alert.momentary === true) continue;
    const found = valueInText(alert.description);
    if (found === null) continue;
    alerts ??= [...payload.alerts];
    alerts[index] = withOriginals(alert, { metric_value: found.value, metric_unit: found.unit });
  }
  return alerts === null ? payload : { ...payload, alerts };
}

function compileEntries(entries: readonly IntakeEntry[]): IntakeWork | null {
  if (entries.length === 0) return null;
  const ready = entries.map(compileEntry);
  const bySource = new Map<string, readonly ReadyEntry[]>();
  return (source, payload) => {
    let own = bySource.get(source);
    if (own === undefined) bySource.set(source, (own = ready.filter((entry) => entry.isFor(source))));
    return own.length === 0 ? payload : worked(own, payload);
  };
}

interface ReadyEntry {
  readonly name: string;
  readonly isFor: (source: string) => boolean;
  readonly matchers: readonly Matcher[];
  readonly when: FieldExpression | null;
  readonly drops: boolean;
  readonly renames: readonly (readonly [string, string])[];
  readonly changes: ReadyChanges | null;
  readonly removes: readonly string[];
}

function compileEntry(entry: IntakeEntry): ReadyEntry {
  const sources = entry.sources === undefined ? null : new Set(entry.sources);
  return {
    name: entry.name,
    // `generic` means all of its mappings too.
    isFor: (source) => sources === null || sources.has(source) || sources.has(source.split('/', 1)[0] ?? ''),
    matchers: (entry.matchers ?? []).map(parseMatcher),
    when: entry.when === undefined ? null : compileBare(entry.when, CHANGE_ROOTS),
    drops: entry.drop === true,
    renames: Object.entries(entry.rename_labels ?? {}),
    changes: entry.set === undefined ? null : compileChanges(entry.set),
    removes: entry.remove_labels ?? [],
  };
}

function worked(entries: readonly ReadyEntry[], payload: ParsedPayload): ParsedPayload {
  const remarks = new Set(payload.remarks);
  const remark = (text: string): void => {
    if (remarks.size < MAX_REMARKS) remarks.add(cut(text, MAX_REMARK_LENGTH));
  };
  const alerts = payload.alerts.map((alert) => through(entries, alert, remark));
  return { ...payload, alerts, remarks: [...remarks] };
}

/** Takes an alert through the entries; one that drops it ends its way. */
function through(entries: readonly ReadyEntry[], came: ParsedAlert, remark: (text: string) => void): ParsedAlert {
  let alert = came;
  for (const entry of entries) {
    if (!applies(entry, alert, remark)) continue;
    if (entry.drops) return { ...alert, filtered: { by: `intake:${entry.name}`, explanation: explain(entry, alert) } };
    alert = changed(entry, alert, remark);
  }
  return alert;
}

function applies({ name, matchers, when }: ReadyEntry, alert: ParsedAlert, remark: (text: string) => void): boolean {
  if (!matchers.every((matcher) => matcherHolds(matcher, alert.labels))) return false;
  if (when === null) return true;
  try {
    const value = when.evaluate({ alert });
    if (typeof value === 'boolean') return value;
    remark(`intake ${name}: when is neither true nor false`);
  } catch (error) {
    remark(`intake ${name}: when: ${messageOf(error)}`);
  }
  return false;
}

function changed(
  { name, renames, changes, removes }: ReadyEntry,
  came: ParsedAlert,
  remark: (text: string) => void,
): ParsedAlert {
  let alert = came;
  if (renames.some(([from]) => Object.hasOwn(alert.labels, from))) alert = renamed(alert, renames);
  if (changes !== null) {
    const { alert: set, problems } = changes.apply(alert);
    for (const problem of problems) remark(`intake ${name}: set ${problem}`);
    alert = set;
  }
  if (!removes.some((label) => Object.hasOwn(alert.labels, label))) return alert;
  const kept = Object.entries(alert.labels).filter(([label]) => !removes.includes(label));
  return withOriginals(alert, { labels: Object.fromEntries(kept) });
}

/** All at once, so that two labels can change names. */
function renamed(alert: ParsedAlert, renames: ReadyEntry['renames']): ParsedAlert {
  const labels = new Map(Object.entries(alert.labels));
  const taken = renames.flatMap(([from, to]) => {
    const value = labels.get(from);
    labels.delete(from);
    return value === undefined ? [] : ([[to, value]] as const);
  });
  for (const [to, value] of taken) labels.set(to, value);
  return withOriginals(alert, { labels: Object.fromEntries(labels) });
}

function explain({ name, matchers, when }: ReadyEntry, { labels }: ParsedAlert): string {
  const asked = [
    ...matchers.map(({ text, name: label }) => `${text} (it is ${cut(JSON.stringify(labelOf(labels, label)), 100)})`),
    ...(when === null ? [] : [when.text]),
  ];
  return `the entry ${name} of intake drops ${asked.length === 0 ? 'everything' : `what is ${asked.join(' and ')}`}`;
}
