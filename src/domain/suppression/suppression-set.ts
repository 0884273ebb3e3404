import type { Alert } from '../alert/alert.js';
import { instant } from '../clock.js';
import type { HoldReason } from '../decision/decision.js';
import { InhibitionRules } from './inhibition.js';
import type { FiringSources } from './inhibition.js';
import { compileCriteria } from '../rule/rule-criterion.js';
import type { Criterion } from '../rule/rule-criterion.js';
import { createRuleIndex } from '../rule/rule-index.js';
import type { RuleIndex } from '../rule/rule-index.js';
import type { Candidate } from '../rule/rule-table.js';
import { withFieldLabels } from './suppression.js';
import type { InhibitRule, MaintenanceWindow, Silence } from './suppression.js';
import { compileSchedule } from './window-schedule.js';
import type { Schedule, Span } from './window-schedule.js';

/** Why an alert is held back, as its decision tells it. */
export interface Suppressed {
  readonly reason: Extract<HoldReason, 'silence' | 'maintenance_window' | 'inhibition'>;
  /** When the hold ends; null when nobody can tell. */
  readonly until: string | null;
  /** `silence:ID`, `maintenance_window:ID`, `inhibit_rule:ID`. */
  readonly by: string;
  readonly explanation: string;
  /** What the hold depends on: when it is gone, the alert is decided again. */
  readonly held_by: string;
}

/** Why runs begin no write. */
export interface Frozen {
  readonly window_id: string;
  /** When the window ends; null when nobody can tell. */
  readonly until: string | null;
  readonly message: string;
}

/** Everything that is in force, of whatever origin. */
export interface SuppressionContent {
  readonly silences: readonly Silence[];
  readonly windows: readonly MaintenanceWindow[];
  readonly inhibit_rules: readonly InhibitRule[];
}

interface TimedWindow {
  readonly window: MaintenanceWindow;
  readonly schedule: Schedule;
}

/**
 * Silences, windows and inhibition rules made ready to be asked. What cannot match an alert is not looked at, however much there is of it, and
 * where there is nothing, nothing is asked.
 */
export class SuppressionSet {
  readonly content: SuppressionContent;
  readonly #silences: RuleIndex<Silence> | null;
  readonly #windows: readonly TimedWindow[];
  readonly #holding: RuleIndex<TimedWindow> | null;
  readonly #freezing: RuleIndex<TimedWindow> | null;
  readonly inhibition: InhibitionRules | null;
  /** The three stages ask about the same alert one after the other. */
  #last: { readonly alert: Alert; readonly seen: Alert } | null = null;

  /** By matcher, as it is written: many silences ask the same, and most are still there when something changes. */
  readonly #criteria = new Map<string, readonly Criterion[]>();

  /** `before` was in force until now: what it has compiled is not compiled again. */
  constructor(content: SuppressionContent, before?: SuppressionSet) {
    this.content = content;
    const compile = (text: string): readonly Criterion[] => {
      const known = this.#criteria.get(text) ?? (before && before.#criteria.get(text)) ?? criteriaOf(text);
      this.#criteria.set(text, known);
      return known;
    };
    this.#silences = indexOf(content.silences, (silence) => silence.matchers, compile);
    this.#windows = content.windows.map((window) => ({ window, schedule: compileSchedule(window.schedule) }));
    const matchersOf = ({ window }: TimedWindow): readonly string[] => window.matchers;
    this.#holding = indexOf(
      this.#windows.filter(({ window }) => window.hold),
      matchersOf,
      compile,
    );
    this.#freezing = indexOf(
      this.#windows.filter(({ window }) => window.freeze),
      matchersOf,
      compile,
    );
    this.inhibition = content.inhibit_rules.length === 0 ? null : new InhibitionRules(content.inhibit_rules);
  }

  /** True when it holds nothing back, whatever comes. */
  get isEmpty(): boolean {
    return this.#silences === null && this.#holding === null && this.inhibition === null;
  }

  get canFreeze(): boolean {
    return this.#freezing !== null;
  }

  /** The silence that holds an alert back for the longest. */
  silenced(alert: Alert, now: string): Suppressed | null {
    if (this.#silences === null) return null;
    const active = matching(this.#silences, this.#see(alert)).filter(
      // What people silence in Alertmanager are its alerts.
      ({ starts_at, ends_at, origin }) =>
        starts_at <= now && ends_at > now && (origin !== 'alertmanager' || alert.source_system === 'alertmanager'),
    );
    const longest = latest(active, (silence) => silence.ends_at);
    if (!longest) return null;
    const where = longest.origin === 'alertmanager' ? "Alertmanager's silence" : 'silence';
    const also = active.length > 1 ? `, and ${active.length - 1} more` : '';
    return {
      reason: 'silence',
      until: longest.ends_at,
      by: `silence:${longest.silence_id}`,
      explanation: `${where} ${longest.silence_id} of ${longest.created_by} holds it until ${longest.ends_at}${because(longest.comment)}${also}`,
      held_by: holderOfSilence(longest),
    };
  }

  /** The maintenance window that holds an alert back for the longest. */
  inWindow(alert: Alert, now: string): Suppressed | null {
    if (this.#holding === null) return null;
    const found = this.#longest(this.#holding, this.#see(alert), Date.parse(now));
    if (!found) return null;
    const { window, until } = found;
    return {
      reason: 'maintenance_window',
      until,
      by: `maintenance_window:${window.window_id}`,
      explanation: `maintenance window ${window.window_id} of ${window.created_by} holds it${untilText(until)}${because(window.comment)}`,
      held_by: holderOfWindow(window),
    };
  }

  /** What inhibits an alert; `key` names its own occurrence. */
  inhibited(alert: Alert, key: string, firing: FiringSources, now: string): Suppressed | null {
    if (this.inhibition === null) return null;
    const found = this.inhibition.inhibits(this.#see(alert), key, firing, now);
    if (!found) return null;
    const { rule, source, held_by } = found;
    const equal = rule.equal.length === 0 ? '' : `, same ${rule.equal.join(', ')}`;
    const author = rule.comment === '' ? '' : ` (${rule.created_by}: ${rule.comment})`;
    return {
      reason: 'inhibition',
      // It may end earlier: when nothing holds it any more.
      until: rule.expires_at,
      by: `inhibit_rule:${rule.inhibit_rule_id}`,
      explanation: `${source.alert_name} (alert ${source.alert_id}) fires, and inhibition rule ${rule.inhibit_rule_id} holds this back meanwhile${equal}${author}`,
      held_by,
    };
  }

  /** The window that freezes the writes of a run about these alerts for the longest; of one without alerts, those of its service. */
  frozen(alerts: readonly Alert[], now: number): Frozen | null {
    if (this.#freezing === null) return null;
    let longest: { window: MaintenanceWindow; until: string | null } | null = null;
    for (const alert of alerts) {
      const found = this.#longest(this.#freezing, withFieldLabels(alert), now);
      if (found && (longest === null || endsLater(found.until, longest.until))) longest = found;
    }
    if (!longest) return null;
    const { window, until } = longest;
    const message = `writes are frozen by maintenance window ${window.window_id} of ${window.created_by}${untilText(until)}${because(window.comment)}`;
    return { window_id: window.window_id, until, message };
  }

  /** What holds alerts back at `now`, by what their holds depend on; inhibition apart, which depends on what fires. */
  holders(now: string): string[] {
    const at = Date.parse(now);
    return [
      ...this.content.silences
        .filter(({ starts_at, ends_at }) => starts_at <= now && ends_at > now)
        .map(holderOfSilence),
      ...this.#windows
        .filter((timed) => timed.window.hold && spanIn(timed, at) !== null)
        .map(({ window }) => holderOfWindow(window)),
    ];
  }

  /** How many there are of each kind, and how many of them are in force. */
  counts(now: string): { readonly kind: string; readonly state: string; readonly count: number }[] {
    const at = Date.parse(now);
    const { silences, inhibit_rules } = this.content;
    const active = silences.filter(({ starts_at, ends_at }) => starts_at <= now && ends_at > now).length;
    const pending = silences.filter(({ starts_at }) => starts_at > now).length;
    const open = this.#windows.filter((timed) => spanIn(timed, at) !== null).length;
    return [
      { kind: 'silence', state: 'active', count: active },
      { kind: 'silence', state: 'pending', count: pending },
      { kind: 'maintenance_window', state: 'active', count: open },
      { kind: 'maintenance_window', state: 'pending', count: this.#windows.length - open },
      { kind: 'inhibit_rule', state: 'active', count: inhibit_rules.length },
    ];
  }

  #longest(
    index: RuleIndex<TimedWindow>,
    seen: Alert,
    now: number,
  ): { window: MaintenanceWindow; until: string | null } | null {
    let longest: { window: MaintenanceWindow; until: string | null } | null = null;
    for (const timed of matching(index, seen)) {
      const span = spanIn(timed, now);
      if (!span) continue;
      const until = endOf(span);
      if (longest === null || endsLater(until, longest.until)) longest = { window: timed.window, until };
    }
    return longest;
  }

  #see(alert: Alert): Alert {
    if (this.#last?.alert !== alert) this.#last = { alert, seen: withFieldLabels(alert) };
    return this.#last.seen;
  }
}

/** The alerts of a list that matchers match: for a look at what a silence would hold. */
export function matchingAlerts(matchers: readonly string[]): (alert: Alert) => boolean {
  const index = indexOf([matchers], (each) => each, criteriaOf);
  return (alert) => index !== null && matching(index, withFieldLabels(alert)).length > 0;
}

/** What holds by a silence depend on. */
function holderOfSilence({ silence_id, origin }: Silence): string {
  return `${origin === 'alertmanager' ? 'alertmanager' : 'silence'}:${silence_id}`;
}

function holderOfWindow({ window_id }: MaintenanceWindow): string {
  return `window:${window_id}`;
}

/** An item without matchers is for every alert. */
function indexOf<Item>(
  items: readonly Item[],
  matchersOf: (item: Item) => readonly string[],
  compile: (text: string) => readonly Criterion[],
): RuleIndex<Item> | null {
  if (items.length === 0) return null;
  const candidates = items.map((rule, rank): Candidate<Item> => {
    return { rule, rank, open: matchersOf(rule).flatMap(compile) };
  });
  return createRuleIndex(candidates);
}

function criteriaOf(text: string): readonly Criterion[] {
  return compileCriteria({ matchers: [text] }).criteria;
}

function matching<Item>(index: RuleIndex<Item>, alert: Alert): Item[] {
  const found: Candidate<Item>[] = [];
  index.find(alert, found);
  return found.filter(({ open }) => open.every((criterion) => criterion.holds(alert))).map(({ rule }) => rule);
}

function latest<Item>(items: readonly Item[], endOf: (item: Item) => string): Item | null {
  let last: Item | null = null;
  for (const item of items) if (last === null || endOf(item) > endOf(last)) last = item;
  return last;
}

function endsLater(one: string | null, other: string | null): boolean {
  return other !== null && (one === null || one > other);
}

/** The stretch that `now` is in; a window begins no more, and ends, when it expires. */
function spanIn({ window, schedule }: TimedWindow, now: number): Span | null {
  const limit = window.expires_at === null ? null : Date.parse(window.expires_at);
  if (limit !== null && limit <= now) return null;
  const span = schedule.at(now);
  if (span === null || limit === null || (span.ends_at !== null && span.ends_at <= limit)) return span;
  return { ...span, ends_at: limit };
}

function endOf(span: Span): string | null {
  return span.ends_at === null ? null : instant(span.ends_at);
}

function untilText(until: string | null): string {
  return until === null ? ' for longer than can be foreseen' : ` until ${until}`;
}

function because(comment: string): string {
  return comment === '' ? '' : `: ${comment}`;
}
