import type { LeftReason } from '../domain/run/report.js';
import type { RunOutcome, RunState, SkipReason, StepState, WaitReason } from '../domain/run/run.js';

/** Everything that a report says by itself, in one language. A missing word is a compile error; names, figures and messages are put in. */
export interface Words {
  readonly html_lang: string;
  /** What the service wrote into the run, in this language as far as it is known; what people and tools wrote stays as it is. */
  said(text: string): string;
  duration(ms: number): string;
  /** Puts several things into one line. */
  list(parts: readonly string[]): string;
  sentence(text: string): string;
  join(sentences: readonly string[]): string;
  more(count: number): string;
  readonly title: {
    state(name: string, state: RunState, duration: string | null): string;
    readonly not_fixed: string;
    dry_run(title: string): string;
    shadow(title: string): string;
    recorded(title: string): string;
  };
  readonly summary: {
    alert(severity: string, name: string, where: string | null, figure: string | null): string;
    alerts(count: number): string;
    incident(priority: string, title: string, incident_id: string): string;
    by_hand(by: string): string;
    changed(changes: string): string;
    would_change(changes: string): string;
    /** All that the run wrote was undone again. */
    readonly taken_back: string;
    readonly nothing_changed: string;
    /** A write is in doubt, and no other was made. */
    readonly perhaps_changed: string;
    readonly nothing_would_change: string;
    failed(reason: string): string;
    cancelled(reason: string): string;
    waits(reason: string): string;
    paused(reason: string): string;
    readonly resolved: string;
    readonly resolved_without_us: string;
    readonly still_firing: string;
    readonly outcome: Readonly<Record<RunOutcome, string | null>>;
    /** It was looked at, and what came says neither yes nor no. */
    readonly unproven: string;
    left(first: string, others: number): string;
  };
  readonly heading: {
    readonly seen: string;
    readonly done: string;
    readonly recorded: string;
    readonly left: string;
    readonly timeline: string;
    readonly links: string;
    readonly facts: string;
  };
  readonly banner: { readonly dry_run: string; readonly shadow: string; readonly recorded: string };
  readonly fact: {
    readonly alert: string;
    readonly severity: string;
    readonly service: string;
    readonly host: string;
    readonly playbook: string;
    readonly incident: string;
    readonly rule: string;
    readonly state: string;
    readonly outcome: string;
    readonly run: string;
  };
  /** `perhaps`: in place of `done`, where a write is in doubt. */
  readonly nothing: { readonly seen: string; readonly done: string; readonly perhaps: string; readonly left: string };
  readonly left_reason: Readonly<Record<LeftReason, string>>;
  readonly left: {
    failed(name: string, error: string, intended: string | null): string;
    in_doubt(name: string, message: string, intended: string | null): string;
    waiting(name: string, reason: WaitReason, message: string): string;
    not_done(name: string, reason: SkipReason, message: string): string;
    stopped(name: string, message: string): string;
    readonly still_firing: string;
    readonly not_fixed: string;
  };
  readonly run_state: Readonly<Record<RunState, string>>;
  readonly step_state: Readonly<Record<StepState, string>>;
  readonly outcome: Readonly<Record<RunOutcome, string>>;
  readonly timeline: {
    opened(by: string): string;
    opened_by_rule(rule_id: string): string;
    rescued(): string;
    joined(count: number): string;
    readonly resolved: string;
    retrying(name: string, error: string): string;
    step(name: string, text: string): string;
    /** How long it took, behind what is told of it. */
    took(duration: string): string;
    recorded(text: string): string;
    lost(name: string): string;
    told(message: string): string;
    escalated(message: string): string;
    aborted(reason: string): string;
    paused(by: string, reason: string | null): string;
    resumed(by: string): string;
    compensating(reason: string): string;
    approved(by: string, comment: string | null): string;
    denied(by: string, comment: string | null): string;
    readonly expired: string;
    confirmed(by: string, solved: boolean, comment: string | null): string;
    settled(by: string, done: boolean, comment: string | null): string;
    retried(by: string, reason: string | null): string;
    cancel(by: string, reason: string | null): string;
    finished(state: RunState): string;
    outcome(outcome: RunOutcome, reason: string, by: string): string;
    omitted(count: number): string;
  };
  readonly link: Readonly<Record<string, string>>;
  readonly notice: {
    escalate(playbook: string): string;
    notify(playbook: string): string;
    step(name: string, state: string): string;
    run(playbook: string, state: string): string;
    /** Begins the text of a notice about a run that changes nothing. */
    approve(yes: string, no: string, until: string): string;
    confirm(yes: string, no: string): string;
    settle(yes: string, no: string): string;
    readonly recorded: string;
  };
  readonly footer: string;
}
