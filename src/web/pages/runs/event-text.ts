import type { StoredEvent } from '../../../domain/run/run.js';
import type { CommonWords } from '../../words/common.js';
import type { runs as runsWords } from '../../words/en/runs.js';
import type { SignTone } from '../../kit/sign.js';
import type { IconName } from '../../kit/icon.js';
import { changeText } from './value-text.js';

type RunsWords = typeof runsWords;

/** What an event is about, to filter by. */
export type EventKind = keyof RunsWords['events']['kinds'];

/** An event as a line for people. */
export interface EventLine {
  readonly tone: SignTone;
  readonly icon: IconName;
  readonly kind: EventKind;
  readonly text: string;
}

const MOST_TEXT = 400;

/** One event in words; `say` says the service's own sentences in the same language. An event of a newer service is told by its type. */
export function eventLine(
  event: StoredEvent,
  words: RunsWords,
  common: CommonWords,
  say: (sentence: string) => string = (sentence) => sentence,
): EventLine {
  const line = tell(saidEvent(event, say), words.event, common);
  const text = line.text.length > MOST_TEXT ? `${line.text.slice(0, MOST_TEXT - 1)}…` : line.text;
  return { ...line, text };
}

const SENTENCES = ['message', 'reason', 'error', 'summary'] as const;

/** The same event with its sentences in the reader's language; what is told of it by a code stays. */
function saidEvent(event: StoredEvent, say: (sentence: string) => string): StoredEvent {
  const told: Record<string, unknown> = { ...event };
  for (const name of SENTENCES) {
    const sentence = told[name];
    if (typeof sentence === 'string') told[name] = say(sentence);
  }
  if (event.type === 'approval_requested')
    told['approval'] = { ...event.approval, message: say(event.approval.message) };
  return told as typeof event; // texts have only become other texts
}

/** The step that an event is about; null for the run itself. */
export function stepOf(event: StoredEvent): string | null {
  return 'step_id' in event ? event.step_id : null;
}

function tell(event: StoredEvent, words: RunsWords['event'], common: CommonWords): EventLine {
  switch (event.type) {
    case 'run_opened': {
      const how = event.run.dry_run ? common.dry_run : common.mode[event.run.mode];
      return line('info', 'run', 'run', words.run_opened(event.run.playbook_id, how));
    }
    case 'run_rescued':
      return event.from === null
        ? line('calm', 'dot', 'run', words.run_rescued_first)
        : line('warn', 'retry', 'trouble', words.run_rescued);
    case 'alert_joined':
      return line('info', 'plus', 'run', words.alert_joined(event.alert.alert_name));
    case 'alerts_resolved':
      return line('good', 'check', 'run', words.alerts_resolved);
    case 'step_started':
      return line('busy', 'going', 'steps', words.step_started(event.attempt));
    case 'step_expanded':
      return line('busy', 'going', 'steps', words.step_expanded(event.items.length));
    case 'step_intended':
      return line('info', 'edit', 'steps', words.step_intended(changeText(event.intent)));
    case 'step_succeeded': {
      const what = event.summary ?? (event.change === null ? '' : changeText(event.change));
      return line('good', 'check', 'steps', words.step_succeeded(what));
    }
    case 'step_failed':
      return line('bad', 'cross', 'trouble', words.step_failed(event.error));
    case 'step_retrying':
      return line('warn', 'retry', 'trouble', words.step_retrying(event.error));
    case 'step_waiting':
      return line('warn', 'clock', 'steps', words.step_waiting(event.message));
    case 'step_skipped':
      return line('calm', 'dash', 'steps', words.step_skipped(event.message));
    case 'step_cancelled':
      return line('calm', 'stop', 'steps', words.step_cancelled(event.reason));
    case 'step_lost':
      return line('bad', 'question', 'trouble', words.step_lost(event.reason));
    case 'approval_requested':
      return line('warn', 'approval', 'people', words.approval_requested(event.approval.message));
    case 'approval_answered': {
      const isYes = event.answer === 'approve';
      const text = because(common, (isYes ? words.approved : words.denied)(event.by), event.comment);
      return line(isYes ? 'good' : 'bad', isYes ? 'check' : 'cross', 'people', text);
    }
    case 'approval_expired':
      return line('bad', 'clock', 'people', words.approval_expired);
    case 'confirmation_requested':
      return line('warn', 'question', 'people', words.confirmation_requested(event.message));
    case 'confirmed': {
      const text = because(common, (event.solved ? words.solved : words.unsolved)(event.by), event.comment);
      return line(event.solved ? 'good' : 'bad', event.solved ? 'check' : 'cross', 'people', text);
    }
    case 'doubt_settled':
      return line(
        'info',
        'user',
        'people',
        because(common, (event.done ? words.done : words.not_done)(event.by), event.comment),
      );
    case 'notice':
      return line('info', 'alert', 'people', words[event.kind](event.message));
    case 'run_aborted':
      return line('bad', 'bang', 'trouble', words.run_aborted(event.reason));
    case 'compensation_started':
      return line('warn', 'back', 'trouble', words.compensation_started(event.reason));
    case 'run_paused':
      return line('warn', 'pause', 'people', because(common, words.run_paused(event.by), event.reason));
    case 'run_resumed':
      return line('info', 'run', 'people', words.run_resumed(event.by));
    case 'run_retried':
      return line(
        'info',
        'retry',
        'people',
        because(common, words.run_retried(event.by, event.steps.length), event.reason),
      );
    case 'run_cancel_requested':
      return line('warn', 'stop', 'people', because(common, words.run_cancel_requested(event.by), event.reason));
    case 'run_finished': {
      const text = words.run_finished(common.state[event.state], common.outcome[event.outcome]);
      const isGood = event.state === 'succeeded';
      return line(isGood ? 'good' : 'bad', isGood ? 'check' : 'cross', 'run', because(common, text, event.reason));
    }
    case 'outcome_changed':
      return line(
        'info',
        'edit',
        'run',
        because(common, words.outcome_changed(common.outcome[event.outcome]), event.reason),
      );
  }
  // A newer service tells of things that these pages do not know yet.
  return line('calm', 'dot', 'run', (event as { readonly type: string }).type);
}

function line(tone: SignTone, icon: IconName, kind: EventKind, text: string): EventLine {
  return { tone, icon, kind, text };
}

function because(common: CommonWords, text: string, reason: string | null): string {
  return reason === null || reason === '' ? text : common.because(text, reason);
}
