import { z } from 'zod';
import type { ParsedAlert, Severity } from './alert.js';
import { messageOf } from '../errors.js';
import { compileField, expressionText } from './field-expression.js';
import type { FieldExpression } from './field-expression.js';
import type { Labels } from './label.js';
import { parseQuantity } from './quantity.js';
import { mapSeverity } from './severity.js';
import { wellFormed } from '../well-formed.js';

/** What the expressions of a change see. */
export const CHANGE_ROOTS: readonly string[] = ['alert'];

const FieldText = expressionText((text) => compileField(text, CHANGE_ROOTS));
const Name = z.string().min(1).max(200);
const FieldTexts = z.record(Name, FieldText).refine((map) => Object.keys(map).length <= 100, 'expected at most 100');

/** The fields that `set` of a rule may change, for the alert that its run sees. */
export const AlertChanges = z.strictObject({
  severity: FieldText.optional().describe('critical, warning, info, or a word that means one of them'),
  description: FieldText.optional(),
  metric_value: z.union([z.number(), FieldText]).optional().describe('A number, or a text such as 12.5 %'),
  metric_unit: FieldText.optional(),
  labels: FieldTexts.optional().describe('An empty text takes the label away'),
  annotations: FieldTexts.optional(),
});
export type AlertChanges = z.infer<typeof AlertChanges>;

/** The fields that an intake entry may change: what says what the alert is about may be among them. */
export const IntakeChanges = AlertChanges.extend({
  alert_name: FieldText.optional(),
  service_name: FieldText.optional(),
  host_ip: FieldText.optional(),
  group_key: FieldText.optional().describe('What it is handled together with'),
  fingerprint: FieldText.optional().describe('What tells it from others, over time; the occurrence goes by it too'),
  links: FieldTexts.optional(),
});
export type IntakeChanges = z.infer<typeof IntakeChanges>;

/** A text that is set is kept by databases whatever its letters: three bytes each, in 64 KiB. */
const MAX_TEXT = 21_845;
/** Keys are looked up by indexes, which refuse long values. */
const MAX_KEY = 1_024;

/** Changes made ready. */
export interface ReadyChanges {
  /**
   * The alert with its fields set; every expression sees it as it was. What has no value leaves its field as it was, and is told. The alert
   * itself is not touched, and answered where nothing changed.
   */
  apply<Kind extends ParsedAlert>(alert: Kind): { readonly alert: Kind; readonly problems: readonly string[] };
}

/** Compiles changes that have been checked. */
export function compileChanges(changes: IntakeChanges): ReadyChanges {
  const { labels, annotations, links, ...fields } = changes;
  const setters = Object.entries(fields).flatMap(([name, written]) =>
    written === undefined ? [] : [{ name, setter: SETTERS[name], value: valueOf(written) }],
  );
  const maps = Object.entries({ labels, annotations, links }).flatMap(([name, texts]) =>
    texts === undefined ? [] : [{ name: name as MapName, entries: Object.entries(texts).map(textOf) }],
  );
  return {
    apply(alert) {
      const problems: string[] = [];
      const scope = { alert };
      const draft: Draft = {};
      for (const { name, setter, value } of setters)
        attempt(name, problems, () => setter?.(draft, evaluated(value, scope), alert) ?? null);
      for (const { name, entries } of maps) setTexts(draft, name, entries, alert, scope, problems);
      return { alert: withOriginals(alert, draft), problems };
    },
  };
}

/** The alert with the fields of a draft, and the former ones as its originals; the very alert when the draft says nothing new. */
export function withOriginals<Kind extends ParsedAlert>(alert: Kind, draft: Draft): Kind {
  const changed = Object.entries(draft).filter(([name, value]) => alert[name as keyof Draft] !== value);
  if (changed.length === 0) return alert;
  // What an earlier entry has changed came as that one found it.
  const former = Object.fromEntries(changed.map(([name]) => [name, alert[name as keyof Draft]]));
  return { ...alert, ...Object.fromEntries(changed), original: { ...former, ...alert.original } };
}

/** Fields that are to be set. */
export type Draft = { -readonly [Name in keyof ParsedAlert]?: ParsedAlert[Name] };
type MapName = 'labels' | 'annotations' | 'links';
/** Answers what is wrong with the value; null when it was set. */
type Setter = (draft: Draft, value: unknown, alert: ParsedAlert) => string | null;

const SETTERS: Readonly<Record<string, Setter>> = {
  alert_name: (draft, value) => named(value, MAX_TEXT, (text) => (draft.alert_name = text)),
  description: (draft, value) => named(value, MAX_TEXT, (text) => (draft.description = text)),
  group_key: (draft, value) => named(value, MAX_KEY, (text) => (draft.group_key = text)),
  fingerprint: (draft, value, alert) =>
    named(value, MAX_KEY, (text) => {
      // A source that knows its occurrences by an id of their own keeps telling them by it.
      if (alert.occurrence_id === alert.fingerprint) draft.occurrence_id = text;
      draft.fingerprint = text;
    }),
  service_name: (draft, value) => nullable(value, (text) => (draft.service_name = text)),
  host_ip: (draft, value) => nullable(value, (text) => (draft.host_ip = text)),
  metric_unit: (draft, value) => nullable(value, (text) => (draft.metric_unit = text)),
  metric_value: setMetric,
  severity: setSeverity,
};

function setSeverity(draft: Draft, value: unknown): string | null {
  const { severity, known } = mapSeverity(String(textIn(value)));
  if (!known) return `expected a severity, came ${called(value)}`;
  draft.severity = severity satisfies Severity;
  return null;
}

function setMetric(draft: Draft, value: unknown): string | null {
  if (value === null) draft.metric_value = null;
  else if (typeof value === 'number') draft.metric_value = value;
  else {
    const quantity = typeof value === 'string' ? parseQuantity(value) : null;
    if (quantity === null) return `expected a number, came ${called(value)}`;
    draft.metric_value = quantity.value;
    draft.metric_unit ??= quantity.unit;
  }
  return null;
}

function setTexts(
  draft: Draft,
  name: MapName,
  entries: readonly { readonly key: string; readonly value: FieldExpression }[],
  alert: ParsedAlert,
  scope: { readonly alert: ParsedAlert },
  problems: string[],
): void {
  const texts = new Map(Object.entries(alert[name]));
  for (const { key, value } of entries)
    attempt(`${name}.${key}`, problems, () => {
      const result = evaluated(value, scope);
      if (result === null || result === '') texts.delete(key);
      else {
        const text = textIn(result);
        if (text === null || text.length > MAX_TEXT) return `expected a text, came ${called(result)}`;
        texts.set(key, wellFormed(text));
      }
      return null;
    });
  if (!isSame(texts, alert[name])) draft[name] = Object.fromEntries(texts);
}

function isSame(texts: ReadonlyMap<string, string>, before: Labels): boolean {
  if (texts.size !== Object.keys(before).length) return false;
  for (const [key, text] of texts) if (!Object.hasOwn(before, key) || before[key] !== text) return false;
  return true;
}

/** Whatever keeps a field from having a value leaves it as it was: an alert must not be lost for a label that it lacks. */
function attempt(name: string, problems: string[], set: () => string | null): void {
  try {
    const problem = set();
    if (problem !== null) problems.push(`${name}: ${problem}`);
  } catch (error) {
    problems.push(`${name}: ${messageOf(error)}`);
  }
}

function named(value: unknown, limit: number, set: (text: string) => void): string | null {
  const text = textIn(value);
  if (text === null || text.trim() === '' || text.length > limit)
    return `expected a text of at most ${limit} characters that is not empty, came ${called(value)}`;
  set(wellFormed(text));
  return null;
}

function nullable(value: unknown, set: (text: string | null) => void): string | null {
  if (value === null || value === '') set(null);
  else return named(value, MAX_TEXT, set);
  return null;
}

/** Numbers, true and false have one way to be written; lists and objects are no text. */
function textIn(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function called(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const text = textIn(value);
  if (text === null) return 'an object';
  return text.length > 60 ? `a text of ${text.length} characters` : JSON.stringify(value);
}

function evaluated(value: FieldExpression | number, scope: { readonly alert: ParsedAlert }): unknown {
  return typeof value === 'number' ? value : value.evaluate(scope);
}

function valueOf(written: string | number): FieldExpression | number {
  return typeof written === 'number' ? written : compileField(written, CHANGE_ROOTS);
}

function textOf([key, text]: [string, string]): { key: string; value: FieldExpression } {
  return { key, value: compileField(text, CHANGE_ROOTS) };
}
