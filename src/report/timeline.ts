import type { Report } from '../domain/run/report.js';
import type { Step, StoredEvent } from '../domain/run/run.js';
import { plain } from './plain.js';
import type { ReportedRun } from './reported-run.js';
import type { Words } from './words.js';

/** More lines than this nobody reads in a mail; the beginning and the end are kept. */
const MAX_TIMELINE = 200;
const KEPT_AT_START = 50;

type Line = Report['timeline'][number];

/** The run as it went, one line per thing that happened. Beginnings of steps and notes for the machine are left out. */
export function timelineOf(run: ReportedRun, events: readonly StoredEvent[], words: Words): Line[] {
  const steps = new Map(run.steps.map((step) => [step.step_id, step]));
  const lines: Line[] = [];
  let joined = 0;
  for (const event of events) {
    if (event.type === 'alert_joined') {
      joined += 1;
      // A storm of alerts is one line, not hundreds.
      if (joined > 1) lines.pop();
      lines.push(line(event.at, null, 'opened', words.timeline.joined(joined)));
      continue;
    }
    joined = 0;
    const next = lineOf(event, steps, words);
    if (next !== null) lines.push(next);
  }
  return shortened(lines, words);
}

function shortened(lines: readonly Line[], words: Words): Line[] {
  if (lines.length <= MAX_TIMELINE) return [...lines];
  const omitted = lines.length - MAX_TIMELINE + 1;
  const gap = lines[KEPT_AT_START];
  return [
    ...lines.slice(0, KEPT_AT_START),
    line(gap?.at ?? '', null, 'omitted', words.timeline.omitted(omitted)),
    ...lines.slice(KEPT_AT_START + omitted),
  ];
}

function line(
  at: string,
  step_id: string | null,
  state: Line['state'],
  text: string,
  duration_ms?: number | null,
): Line {
  return { at, step_id, state, text, duration_ms: duration_ms ?? null };
}

function lineOf(event: StoredEvent, steps: ReadonlyMap<string, Step>, words: Words): Line | null {
  switch (event.type) {
    case 'step_succeeded':
    case 'step_failed':
    case 'step_skipped':
    case 'step_waiting':
    case 'step_retrying':
    case 'step_cancelled':
    case 'step_lost':
      return lineOfStep(event, steps.get(event.step_id), words);
    case 'run_opened':
      return line(event.at, null, 'opened', openedBy(plain(event.run.requested_by, 100), words));
    case 'run_rescued':
      return event.from === null ? null : line(event.at, null, 'control', words.timeline.rescued());
    case 'alerts_resolved':
      return line(event.at, null, 'resolved', words.timeline.resolved);
    case 'notice':
      return line(
        event.at,
        event.step_id,
        'told',
        words.timeline[event.kind === 'escalate' ? 'escalated' : 'told'](plain(words.said(event.message))),
      );
    case 'approval_answered':
    case 'confirmed':
    case 'doubt_settled':
      return line(event.at, event.step_id, 'control', answerText(event, words));
    case 'approval_expired':
      return line(event.at, event.step_id, 'control', words.timeline.expired);
    case 'run_retried':
      return line(event.at, null, 'control', words.timeline.retried(plain(event.by, 100), reasonOf(event.reason)));
    case 'run_aborted':
      return line(event.at, null, 'control', words.timeline.aborted(plain(words.said(event.reason))));
    case 'compensation_started':
      return line(event.at, null, 'control', words.timeline.compensating(plain(words.said(event.reason))));
    case 'run_paused':
      return line(event.at, null, 'control', words.timeline.paused(plain(event.by, 100), reasonOf(event.reason)));
    case 'run_resumed':
      return line(event.at, null, 'control', words.timeline.resumed(plain(event.by, 100)));
    case 'run_cancel_requested':
      return line(event.at, null, 'control', words.timeline.cancel(plain(event.by, 100), reasonOf(event.reason)));
    case 'run_finished':
      return line(event.at, null, 'finished', words.timeline.finished(event.state));
    case 'outcome_changed':
      return line(
        event.at,
        null,
        'finished',
        words.timeline.outcome(event.outcome, plain(words.said(event.reason)), plain(event.by, 100)),
      );
    // The notice that goes with the question tells it.
    case 'approval_requested':
    case 'confirmation_requested':
    case 'alert_joined':
    case 'step_started':
    case 'step_expanded':
    case 'step_intended':
      return null;
  }
}

type AnswerEvent = Extract<StoredEvent, { readonly type: 'approval_answered' | 'confirmed' | 'doubt_settled' }>;

function openedBy(requested_by: string, { timeline }: Words): string {
  const rule_id = /^rule:(.+)$/.exec(requested_by)?.[1];
  return rule_id === undefined ? timeline.opened(requested_by) : timeline.opened_by_rule(rule_id);
}

function answerText(event: AnswerEvent, { timeline }: Words): string {
  const by = plain(event.by, 100);
  const comment = reasonOf(event.comment);
  switch (event.type) {
    case 'approval_answered':
      return event.answer === 'approve' ? timeline.approved(by, comment) : timeline.denied(by, comment);
    case 'confirmed':
      return timeline.confirmed(by, event.solved, comment);
    case 'doubt_settled':
      return timeline.settled(by, event.done, comment);
  }
}

type StepEvent = Extract<
  StoredEvent,
  {
    readonly type:
      | 'step_succeeded'
      | 'step_failed'
      | 'step_skipped'
      | 'step_waiting'
      | 'step_retrying'
      | 'step_cancelled'
      | 'step_lost';
  }
>;

function lineOfStep(event: StepEvent, step: Step | undefined, words: Words): Line {
  const { at, step_id } = event;
  const name = plain(words.said(step?.name ?? ''), 200) || step_id;
  const taken = step?.started_at ? Math.max(0, Date.parse(at) - Date.parse(step.started_at)) : null;
  const say = (text: string | null): string => words.timeline.step(name, plain(words.said(text ?? '')));
  switch (event.type) {
    case 'step_succeeded': {
      const text = say(event.summary);
      return line(at, step_id, 'succeeded', step?.recorded_only ? words.timeline.recorded(text) : text, taken);
    }
    case 'step_failed':
      return line(at, step_id, 'failed', say(event.error), taken);
    case 'step_skipped':
      return line(at, step_id, 'skipped', say(event.message));
    case 'step_waiting':
      return line(at, step_id, 'waiting', say(event.message));
    case 'step_retrying':
      return line(at, step_id, 'retrying', words.timeline.retrying(name, plain(words.said(event.error))));
    case 'step_cancelled':
      return line(at, step_id, 'cancelled', say(event.reason), taken);
    case 'step_lost':
      return line(at, step_id, 'retrying', words.timeline.lost(name));
  }
}

function reasonOf(reason: string | null): string | null {
  return reason === null ? null : plain(reason);
}
