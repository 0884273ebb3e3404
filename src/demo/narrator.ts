import { counted } from '../domain/counted.js';
import { changeText } from '../domain/api/event-line.js';
import type { Alert } from '../domain/alert/alert.js';
import type { Decision, RuleExplanation } from '../domain/decision/decision.js';
import { formatMs } from '../domain/duration.js';
import type { RunOutcome, StoredEvent } from '../domain/run/run.js';
import { padText, plainLine } from './text-width.js';

/** Something that a person who watches the demo should hear of. `at` is an instant. */
export type Happening =
  | { readonly type: 'fault'; readonly at: string; readonly text: string }
  | { readonly type: 'alert'; readonly at: string; readonly alert: Alert }
  | {
      readonly type: 'decision';
      readonly at: string;
      readonly alert: Alert;
      readonly decision: Decision;
      readonly rules?: readonly RuleExplanation[];
    }
  | { readonly type: 'run_event'; readonly event: StoredEvent }
  | { readonly type: 'resolved'; readonly at: string; readonly text: string }
  | { readonly type: 'mail'; readonly at: string; readonly to: readonly string[]; readonly subject: string }
  | { readonly type: 'note'; readonly at: string; readonly word: string; readonly text: string };

export interface NarratorOptions {
  /** Only on a terminal. */
  readonly colours: boolean;
  /** IANA name; absent: the machine's own. */
  readonly time_zone?: string;
  /** Columns for one line. */
  readonly width?: number;
}

/** Tells happenings as lines for a terminal. It remembers when steps began, to say how long they took. */
export interface Narrator {
  tell(happening: Happening): string[];
}

type Paint = (colour: Colour, text: string) => string;
type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'grey' | 'bold';
type Steps = Map<string, Readonly<{ kind: string; began_at: number; recorded_only: boolean }>>;

type Line =
  | { readonly type: 'word'; readonly word: string; readonly colour: Colour; readonly text: string }
  | {
      readonly type: 'step';
      readonly mark: string;
      readonly colour: Colour;
      readonly name: string;
      readonly duration: string;
      readonly text: string;
    };

const CODES: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90, bold: 1 };
const WORD = 8;
const STEP_NAME = 32;
const MAX_NAME = 60;
const DURATION = 8;
/** A run that never ends is forgotten when so many others have begun. */
const MAX_STEPS = 10_000;

/** A narrator in English; the texts of playbooks and alerts stay in their own language. */
export function createNarrator(options: NarratorOptions): Narrator {
  const steps: Steps = new Map();
  const runs = new Map<string, { name: string; began_at: number }>();
  const clock = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(options.time_zone === undefined ? {} : { timeZone: options.time_zone }),
  });
  const paint: Paint = (colour, text) => (options.colours ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text);
  const width = Math.max(40, options.width ?? 160);
  const print = (at: string, line: Line): string => {
    const time = clock.format(new Date(at));
    const room = width - time.length - 2;
    const head = line.type === 'word' ? padText(line.word, WORD) : line.mark;
    const rest =
      line.type === 'word'
        ? ` ${plainLine(line.text, room - WORD - 2)}`
        : `${padText(plainLine(line.name, MAX_NAME), STEP_NAME)} ${line.duration.padStart(DURATION)}   ${plainLine(line.text, room - STEP_NAME - DURATION - 6)}`;
    return `${paint('grey', time)}  ${paint(line.colour, head)} ${rest}`.trimEnd();
  };
  return {
    tell(happening) {
      if (happening.type !== 'run_event') return linesOf(happening).map((line) => print(happening.at, line));
      remember(happening.event, steps, runs);
      return runLines(happening.event, steps, runs).map((line) => print(happening.event.at, line));
    },
  };
}

function linesOf(happening: Exclude<Happening, { type: 'run_event' }>): Line[] {
  switch (happening.type) {
    case 'fault':
      return [{ type: 'word', word: 'fault', colour: 'red', text: happening.text }];
    case 'alert':
      return [
        {
          type: 'word',
          word: 'alert',
          colour: happening.alert.status === 'firing' ? 'red' : 'green',
          text: alertText(happening.alert),
        },
      ];
    case 'decision':
      return [
        {
          type: 'word',
          word: 'decided',
          colour: 'cyan',
          text: decisionText(happening.decision, happening.rules ?? []),
        },
      ];
    case 'resolved':
      return [{ type: 'word', word: 'resolved', colour: 'green', text: happening.text }];
    case 'mail':
      return [
        {
          type: 'word',
          word: 'report',
          colour: 'green',
          text: `mail to ${happening.to.join(', ')}: ${happening.subject}`,
        },
      ];
    case 'note':
      return [{ type: 'word', word: happening.word, colour: 'bold', text: happening.text }];
  }
}

function alertText(alert: Alert): string {
  const target = alert.service_name ?? alert.host_ip ?? '';
  const value =
    alert.metric_value === null
      ? ''
      : `${figure(alert.metric_value)}${alert.metric_unit === null ? '' : ` ${alert.metric_unit}`}`;
  const words = [alert.status === 'resolved' ? 'resolved' : alert.severity, alert.alert_name, target, value];
  return `${words.filter((word) => word !== '').join(' ')} (${alert.source_system})`;
}

function decisionText(decision: Decision, rules: readonly RuleExplanation[]): string {
  const others = otherRules(decision, rules);
  switch (decision.action) {
    case 'run':
      return `run ${decision.playbook_id ?? ''}${decision.rule_id === null ? '' : `, by rule ${decision.rule_id}`}${others}`;
    case 'join':
      return `join run ${decision.run_id ?? ''} of ${decision.playbook_id ?? ''}`;
    case 'hold':
      return `hold (${decision.reason ?? 'no reason'}): ${decision.explanation}`;
    case 'drop':
      return `drop (${decision.reason ?? 'no reason'}): ${decision.explanation}`;
  }
}

/** ` (2 other rules looked at: service_name differs)`. */
function otherRules(decision: Decision, rules: readonly RuleExplanation[]): string {
  const others = rules.filter((rule) => rule.rule_id !== decision.rule_id);
  if (others.length === 0) return '';
  const reasons = [
    ...new Set(others.filter((rule) => !rule.matched).flatMap((rule) => rule.reasons.slice(0, 1).map(inShort))),
  ];
  const why = reasons.length === 0 ? '' : `: ${reasons.slice(0, 3).join('; ')}${reasons.length > 3 ? '; …' : ''}`;
  return ` (${counted(others.length, 'other rule')} looked at${why})`;
}

/** `alert_name is A, the rule wants B` is half a line for each rule; which field differs is enough here. */
function inShort(reason: string): string {
  const field = /^([\w.]+) is .*, the rule wants /s.exec(reason)?.[1];
  return field === undefined ? reason : `${field} differs`;
}

function remember(event: StoredEvent, steps: Steps, runs: Map<string, { name: string; began_at: number }>): void {
  const at = Date.parse(event.at);
  if (event.type === 'run_opened') runs.set(event.run_id, { name: event.run.playbook_name, began_at: at });
  if (event.type === 'step_started') {
    const known = steps.get(stepKey(event.run_id, event.step_id));
    steps.set(stepKey(event.run_id, event.step_id), {
      kind: event.kind,
      began_at: known?.began_at ?? at,
      recorded_only: event.recorded_only,
    });
  }
  for (const map of [steps, runs]) {
    const [oldest] = map.keys();
    if (map.size > MAX_STEPS && oldest !== undefined) map.delete(oldest);
  }
}

/** Starts are not told: a line comes when there is something to say. */
function runLines(event: StoredEvent, steps: Steps, runs: Map<string, { name: string; began_at: number }>): Line[] {
  switch (event.type) {
    case 'step_succeeded': {
      const step = steps.get(stepKey(event.run_id, event.step_id));
      const text = event.summary ?? (event.change ? changeText(event.change) : '');
      return [
        stepLine(
          '✔',
          'green',
          event,
          took(event, steps),
          step?.recorded_only ? `${text} (only recorded)`.trim() : text,
        ),
      ];
    }
    case 'step_failed':
      return [stepLine('✖', 'red', event, took(event, steps), event.error)];
    case 'step_skipped':
      return [stepLine('–', 'grey', event, '', `skipped: ${event.message}`)];
    case 'step_cancelled':
      return [stepLine('–', 'yellow', event, '', `cancelled: ${event.reason}`)];
    case 'step_retrying':
      return [stepLine('↻', 'yellow', event, '', `tried again: ${event.error}`)];
    case 'step_waiting':
      return [stepLine('…', 'yellow', event, '', `waits (${event.reason}): ${event.message}`)];
    case 'step_lost':
      return [stepLine('↻', 'yellow', event, '', `begun anew: ${event.reason}`)];
    case 'run_rescued':
      return [
        {
          type: 'word',
          word: 'rescued',
          colour: 'yellow',
          text: `${event.worker_id} took the run over${event.from === null ? '' : ` from ${event.from}`}`,
        },
      ];
    case 'run_aborted':
      return [{ type: 'word', word: 'aborted', colour: 'red', text: event.reason }];
    case 'compensation_started':
      return [{ type: 'word', word: 'undo', colour: 'yellow', text: event.reason }];
    case 'run_paused':
      return [
        {
          type: 'word',
          word: 'paused',
          colour: 'yellow',
          text: `by ${event.by}${event.reason === null ? '' : `: ${event.reason}`}`,
        },
      ];
    case 'run_resumed':
      return [{ type: 'word', word: 'resumed', colour: 'cyan', text: `by ${event.by}` }];
    case 'run_cancel_requested':
      return [
        {
          type: 'word',
          word: 'cancel',
          colour: 'yellow',
          text: `by ${event.by}${event.reason === null ? '' : `: ${event.reason}`}`,
        },
      ];
    case 'run_finished':
      return [finishedLine(event, runs)];
    case 'outcome_changed':
      return [{ type: 'word', word: 'outcome', colour: 'yellow', text: `${event.outcome}: ${event.reason}` }];
    case 'notice':
      return event.kind === 'escalate' ? [{ type: 'word', word: 'escalate', colour: 'red', text: event.message }] : [];
    case 'run_opened':
    case 'alert_joined':
    case 'alerts_resolved':
    case 'step_started':
    case 'step_expanded':
    case 'step_intended':
    case 'approval_requested':
    case 'approval_answered':
    case 'approval_expired':
    case 'confirmation_requested':
    case 'confirmed':
    case 'doubt_settled':
    case 'run_retried':
      return [];
  }
}

/** Whoever watches for the first time does not know the words that records use. */
const OUTCOMES: Readonly<Record<RunOutcome, string>> = {
  verified: 'verified: a check says that it helped',
  unverified: 'unverified: it changed something, and no step of it checked whether that helped',
  not_fixed: 'not fixed: the alert fires again',
  nothing_done: 'nothing was changed',
  handed_over: 'handed over to people',
};

function finishedLine(
  event: StoredEvent & { type: 'run_finished' },
  runs: Map<string, { name: string; began_at: number }>,
): Line {
  const run = runs.get(event.run_id);
  runs.delete(event.run_id);
  const duration = run === undefined ? '' : ` in ${formatMs(Date.parse(event.at) - run.began_at)}`;
  const reason = event.reason === null ? '' : `: ${event.reason}`;
  const colour = event.state === 'succeeded' ? 'green' : event.state === 'failed' ? 'red' : 'yellow';
  return {
    type: 'word',
    word: 'finished',
    colour,
    text: `${run?.name ?? event.run_id} ${event.state}${duration} (${OUTCOMES[event.outcome]})${reason}`,
  };
}

function stepLine(
  mark: string,
  colour: Colour,
  event: { readonly step_id: string },
  duration: string,
  text: string,
): Line {
  return { type: 'step', mark, colour, name: event.step_id, duration, text };
}

function took(event: StoredEvent & { readonly step_id: string }, steps: Steps): string {
  const key = stepKey(event.run_id, event.step_id);
  const step = steps.get(key);
  steps.delete(key);
  return step === undefined ? '' : formatMs(Date.parse(event.at) - step.began_at);
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toFixed(2)));
}

function stepKey(run_id: string, step_id: string): string {
  return `${run_id} ${step_id}`;
}
