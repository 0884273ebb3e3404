import { counted } from '../counted.js';
import { formatMs } from '../duration.js';
import type { StepChange, StoredEvent } from '../run/run.js';

/** One event of a run as people read it: one line for a step that ended, one for what happens to the run itself. */
export interface EventLine {
  readonly at: string;
  readonly kind: 'good' | 'bad' | 'note';
  readonly mark: string;
  /** The step it is about, or a word for the run's own events. */
  readonly what: string;
  readonly duration_ms: number | null;
  readonly text: string;
}

type Told = Pick<EventLine, 'mark' | 'text'> & { readonly kind?: EventLine['kind']; readonly what?: string };

/** How one word of `what` is set apart from the duration behind it. */
const WHAT_WIDTH = 34;
const MAX_TEXT = 400;

/** Turns a run's events, in their order, into lines; null for an event that is no line of its own. */
export function createEventLines(): (event: StoredEvent) => EventLine | null {
  const started = new Map<string, { readonly at: string; readonly recorded_only: boolean }>();
  return (event) => {
    if (event.type === 'step_started' && event.attempt === 1) started.set(event.step_id, event);
    const told = tell(event, 'step_id' in event && event.step_id !== null ? started.get(event.step_id) : undefined);
    if (told === null) return null;
    const step_id = 'step_id' in event ? event.step_id : null;
    const begun = step_id === null ? undefined : started.get(step_id)?.at;
    const ended = event.type === 'step_succeeded' || event.type === 'step_failed';
    return {
      at: event.at,
      kind: told.kind ?? 'note',
      mark: told.mark,
      what: told.what ?? step_id ?? 'run',
      duration_ms: ended && begun !== undefined ? Date.parse(event.at) - Date.parse(begun) : null,
      text: printable(told.text),
    };
  };
}

/** `14:02:07  ✔ check_payment_service_status      12 ms   healthy`, the time in UTC. */
export function formatEventLine(line: EventLine): string {
  const what = `${line.mark} ${line.what}`.padEnd(WHAT_WIDTH);
  const took = (line.duration_ms === null ? '' : formatMs(line.duration_ms)).padStart(8);
  return `${clockTime(line.at)}  ${what}${took}   ${line.text}`.trimEnd();
}

/** Text from outside on one line of a terminal: control characters, which could steer it, become spaces. */
export function printable(text: string): string {
  const line = text.replace(/\p{Cc}+|\p{Cs}|[\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, ' ');
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line;
}

/** The time of day of an instant, in UTC. */
export function clockTime(at: string): string {
  return at.slice(11, 19);
}

function tell(event: StoredEvent, step: { readonly recorded_only: boolean } | undefined): Told | null {
  switch (event.type) {
    case 'run_opened':
      return { mark: '▶', text: `${event.run.playbook_id}, ${event.run.dry_run ? 'a dry run' : event.run.mode}` };
    case 'run_rescued':
      return { mark: '!', text: event.from === null ? 'taken up' : 'taken up after its worker was lost' };
    case 'alert_joined':
      return { mark: '+', text: `${event.alert.alert_name} joined` };
    case 'alerts_resolved':
      return { mark: '✔', kind: 'good', text: 'its alerts resolved' };
    case 'step_started':
    case 'step_intended':
      return null;
    case 'step_expanded':
      return { mark: '▶', text: `${counted(event.items.length, 'item')}` };
    case 'step_succeeded':
      return { mark: '✔', kind: 'good', text: succeeded(event, step?.recorded_only ?? false) };
    case 'step_failed':
      return { mark: '✖', kind: 'bad', text: event.error };
    case 'step_retrying':
      return { mark: '↻', text: `${event.error}; again at ${clockTime(event.until)}` };
    case 'step_waiting': {
      const until = event.until === null ? '' : ` (until ${clockTime(event.until)})`;
      return { mark: '…', text: `waits: ${event.message}${until}` };
    }
    case 'step_skipped':
      return { mark: '-', text: `skipped: ${event.message}` };
    case 'step_cancelled':
      return { mark: '-', text: `cancelled: ${event.reason}` };
    case 'step_lost':
      return { mark: '!', text: event.reason };
    case 'notice':
      // The question has a line of its own.
      if (event.about === 'approval' || event.about === 'confirmation') return null;
      return { mark: '✉', text: `${event.kind}: ${event.message}` };
    case 'approval_requested':
      return { mark: '?', text: `approval ${event.approval.approval_id} needed: ${event.approval.message}` };
    case 'approval_answered':
      return {
        mark: event.answer === 'approve' ? '✔' : '✖',
        text: `${event.answer === 'approve' ? 'approved' : 'denied'} by ${event.by}${because(event.comment)}`,
      };
    case 'approval_expired':
      return { mark: '✖', kind: 'bad', text: 'nobody answered in time' };
    case 'confirmation_requested':
      return { mark: '?', text: `is it solved? ${event.message}` };
    case 'confirmed':
      return { mark: '✔', text: `${event.solved ? '' : 'not '}solved, says ${event.by}${because(event.comment)}` };
    case 'doubt_settled':
      return {
        mark: '!',
        text: `it ${event.done ? 'took place' : 'did not take place'}, says ${event.by}${because(event.comment)}`,
      };
    case 'run_retried':
      return { mark: '↻', text: `tried again by ${event.by}${because(event.reason)}` };
    case 'run_aborted':
      return { mark: '!', kind: 'bad', what: 'run', text: `aborted: ${event.reason}` };
    case 'compensation_started':
      return { mark: '↶', kind: 'bad', text: `what was written is taken back: ${event.reason}` };
    case 'run_paused':
      return { mark: '‖', text: `paused by ${event.by}${because(event.reason)}` };
    case 'run_resumed':
      return { mark: '▶', text: `resumed by ${event.by}` };
    case 'run_cancel_requested':
      return { mark: '■', text: `cancelled by ${event.by}${because(event.reason)}` };
    case 'run_finished': {
      const good = event.state === 'succeeded';
      const text = `${event.state}, ${event.outcome}${because(event.reason)}`;
      return { mark: good ? '✔' : '✖', kind: good ? 'good' : 'bad', text };
    }
    case 'outcome_changed':
      return { mark: '!', text: `${event.outcome}: ${event.reason}` };
  }
}

function succeeded(event: StoredEvent & { type: 'step_succeeded' }, recorded_only: boolean): string {
  const what = event.summary ?? (event.change === null ? '' : changeText(event.change));
  return recorded_only ? `${what} (recorded only)`.trimStart() : what;
}

/** A change in one line: what of which object, from what, to what. */
export function changeText(change: StepChange): string {
  return `${change.target}: ${change.what} ${shown(change.from)} → ${shown(change.to)}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function because(reason: string | null): string {
  return reason === null ? '' : `: ${reason}`;
}
