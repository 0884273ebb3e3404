import type { Decision } from '../../src/domain/decision/decision.js';
import type { RunHeader, Step, StoredEvent } from '../../src/domain/run/run.js';
import { isRunFinished, isStepFinished } from '../../src/domain/run/run.js';
import { fold } from '../../src/domain/run/transition.js';
import type { Accepted } from './sender.js';
import { STARTS } from './story.js';
import type { Tally } from './target.js';

/** A run as the API tells it, with all its events. */
export interface WholeRun {
  readonly header: Pick<
    RunHeader,
    'run_id' | 'playbook_id' | 'service_name' | 'state' | 'outcome' | 'alert_ids' | 'created_at' | 'finished_at'
  >;
  readonly steps: readonly Step[];
  readonly events: readonly StoredEvent[];
}

/** Everything that is known after a storm. */
export interface Evidence {
  readonly accepted: readonly Accepted[];
  /** By alert_id; null where there is none. */
  readonly decisions: ReadonlyMap<string, Decision | null>;
  readonly undecided: number;
  readonly runs: readonly WholeRun[];
  /** By idempotency key. */
  readonly tallies: ReadonlyMap<string, Tally>;
}

/** What was counted, and every promise that was broken, in words. */
export interface Verdict {
  readonly counts: ReadonlyMap<string, number>;
  readonly broken: readonly string[];
}

/** Writes that may be sent more than once: declared idempotent, or to be retried in doubt. */
const REPEATABLE: ReadonlySet<string> = new Set(['again', 'close']);
/** A run's end may be followed by these. */
const AFTER_THE_END: ReadonlySet<string> = new Set(['notice', 'outcome_changed']);

/** Holds the evidence against the promises. Until `settled`, a run may wait for a person because of a write in doubt. */
export function judge(evidence: Evidence, settled: boolean): Verdict {
  const counts = new Map<string, number>();
  const broken: string[] = [];
  const count = (what: string, by = 1): void => void counts.set(what, (counts.get(what) ?? 0) + by);
  const court: Court = { count, blame: (what) => broken.push(what) };
  judgeDecisions(evidence, court);
  judgeOneRunEach(evidence, court);
  const places = byPlace(evidence.tallies, court);
  for (const run of evidence.runs) {
    judgeEnd(run, settled, court);
    judgeStory(run, court);
    for (const step of run.steps) judgeWrite(run, step, places, court);
  }
  for (const place of places.keys()) court.blame(`a write that no step tells of: ${place}`);
  return { counts, broken };
}

interface Court {
  readonly count: (what: string, by?: number) => void;
  readonly blame: (what: string) => void;
}

function judgeDecisions({ accepted, decisions, undecided, runs }: Evidence, { count, blame }: Court): void {
  const byId = new Map(runs.map((run) => [run.header.run_id, run]));
  const started = new Map<string, number>();
  count('alerts accepted', accepted.length);
  count('alerts that differ', new Set(accepted.map(({ condition: { service, twin } }) => `${service} ${twin}`)).size);
  if (undecided > 0) blame(`${undecided} alerts are kept without a decision`);
  for (const { alert_id, condition, status } of accepted) {
    const decision = decisions.get(alert_id);
    if (!decision) {
      blame(`alert ${alert_id} was accepted and has no decision`);
      continue;
    }
    const { action, run_id } = decision;
    count('alerts decided');
    count(`  ${action}${decision.reason === null ? '' : ` ${decision.reason}`}`);
    if (action === 'hold') blame(`alert ${alert_id} is held, and nothing holds alerts here`);
    const isMatched = (STARTS[condition.alertname] ?? []).length > 0;
    if (isMatched && decision.reason === 'no_match') blame(`alert ${alert_id} of ${condition.service} matched no rule`);
    if (run_id !== null && !byId.has(run_id)) blame(`alert ${alert_id} names run ${run_id}, which is not there`);
    if (action !== 'run') continue;
    if (status === 'resolved') blame(`alert ${alert_id} resolved and started a run`);
    const name = `${condition.service} ${condition.twin}`;
    started.set(name, (started.get(name) ?? 0) + 1);
    if (!byId.get(run_id ?? '')?.header.alert_ids.includes(alert_id))
      blame(`run ${run_id} does not know alert ${alert_id}`);
  }
  for (const [name, times] of started) if (times > 1) blame(`the alert of ${name} started runs ${times} times`);
}

/** Each matched alert has one run for each playbook, group and service. Twins of a group share a run unless that has ended already. */
function judgeOneRunEach({ accepted, runs }: Evidence, { count, blame }: Court): void {
  const expected = new Map<string, number>();
  for (const { condition, delivery } of accepted) {
    const most = delivery.conditions.filter(({ service }) => service === condition.service).length;
    for (const playbook_id of STARTS[condition.alertname] ?? [])
      expected.set(`${playbook_id} ${condition.service}`, most);
  }
  const found = new Map<string, WholeRun[]>();
  for (const run of runs) {
    const key = `${run.header.playbook_id} ${run.header.service_name}`;
    found.set(key, [...(found.get(key) ?? []), run]);
  }
  for (const key of expected.keys()) if (!found.has(key)) blame(`no run for ${key}`);
  for (const [key, of] of found) {
    const most = expected.get(key);
    if (most === undefined) blame(`a run for ${key}, which nothing was to start`);
    else if (of.length > most) blame(`${of.length} runs for ${key}`);
    const inOrder = of.toSorted((a, b) => (a.header.created_at < b.header.created_at ? -1 : 1));
    for (const [index, { header }] of inOrder.entries()) {
      const next = inOrder[index + 1];
      if (next && (header.finished_at === null || header.finished_at > wasThere(next)))
        blame(`two open runs at once for ${key}`);
    }
  }
  count('runs', runs.length);
}

/**
 * A run is there once its opening is committed, which may be later than it was decided: before the next thing that happened to it. What is
 * committed with its opening bears the same time.
 */
function wasThere({ header, events }: WholeRun): string {
  return events.find((event) => event.at > header.created_at)?.at ?? header.created_at;
}

function judgeEnd({ header, steps }: WholeRun, settled: boolean, { count, blame }: Court): void {
  count(`  ${header.state}`);
  const waits = steps.filter((step) => step.state === 'waiting');
  const handedOver = header.state === 'waiting' && waits.every((step) => step.reason === 'in_doubt');
  if (!isRunFinished(header.state) && (settled || !handedOver))
    blame(`run ${header.run_id} (${header.playbook_id} ${header.service_name}) is ${header.state}`);
  // Nothing here fails for good: a read is tried again, a write is turned away once.
  if (header.state === 'failed' || header.state === 'cancelled')
    blame(
      `run ${header.run_id} has ${header.state}: ${steps.map((step) => step.error).find((error) => error !== null)}`,
    );
}

/** The events lead to what is told, one after the other, and nothing that has succeeded begins again. */
function judgeStory({ header, steps, events }: WholeRun, { count, blame }: Court): void {
  const { run_id } = header;
  count('events', events.length);
  const done = new Set<string>();
  let isOver = false;
  for (const [index, event] of events.entries()) {
    if (event.seq !== index + 1) blame(`run ${run_id}: event ${event.seq} stands at place ${index + 1}`);
    if (event.type === 'outcome_changed') count('runs called not fixed later');
    if (isOver && !AFTER_THE_END.has(event.type)) blame(`run ${run_id}: ${event.type} after its end`);
    if (event.type === 'run_finished') isOver = true;
    if (event.type === 'run_rescued') count('runs rescued');
    if (event.type === 'step_lost') count('attempts made again after a crash');
    if (event.type === 'step_started' && done.has(event.step_id)) blame(`run ${run_id}: ${event.step_id} was repeated`);
    if (event.type === 'step_succeeded') {
      count('steps succeeded');
      done.add(event.step_id);
    }
  }
  try {
    const rebuilt = fold(null, events);
    if (rebuilt.state !== header.state) blame(`run ${run_id} is ${header.state}, its events say ${rebuilt.state}`);
    for (const step of steps)
      if (rebuilt.steps[step.step_id]?.state !== step.state)
        blame(`run ${run_id}: ${step.step_id} differs from its events`);
  } catch (error) {
    blame(`run ${run_id}: its events cannot be: ${String(error)}`);
  }
}

/** What the target counted, by the step that it was for. One step has one key. */
function byPlace(tallies: ReadonlyMap<string, Tally>, { count, blame }: Court): Map<string, Tally> {
  const places = new Map<string, Tally>();
  for (const tally of tallies.values()) {
    if (places.has(tally.place)) blame(`two keys for one write: ${tally.place}`);
    places.set(tally.place, tally);
    count('calls of writes', tally.calls);
    count('  took effect', tally.effects);
    count('  turned away', tally.turned_away);
    count('  left unanswered', tally.unanswered);
  }
  return places;
}

/** Exactly once, or in doubt and then at most once; what was not done has had no effect. Takes the step's tally out of `places`. */
function judgeWrite(
  { header, events }: WholeRun,
  step: Step,
  places: Map<string, Tally>,
  { count, blame }: Court,
): void {
  if (step.effect !== 'write') return;
  const item = step.item_index === null ? '' : ` ${String(step.item)}`;
  const place = `${header.run_id} ${step.task_id}${item}`;
  const tally = places.get(place) ?? { calls: 0, effects: 0, turned_away: 0 };
  places.delete(place);
  const isDoubtful = step.state === 'waiting' && step.reason === 'in_doubt';
  const wasDoubtful = step.attempts.some(({ outcome }) => outcome === 'in_doubt' || outcome === 'lost');
  const told = `${place} (${step.state}): ${tally.effects} effects by ${tally.calls} calls, ${tally.turned_away} turned away`;
  count('writes');
  if (isDoubtful) count('  in doubt');
  else if (step.state === 'succeeded') count('  done exactly once');
  else count(`  ${step.state} ${step.reason ?? ''}`);
  if (tally.effects > 1) blame(`done twice: ${told}`);
  if (step.state === 'succeeded' && tally.effects !== 1) blame(`told as done: ${told}`);
  if (isStepFinished(step.state) && step.state !== 'succeeded' && tally.effects > 0 && !wasDoubtful)
    blame(`told as not done: ${told}`);
  // What a person says did not take place is done again.
  const again = events.filter(
    (event) => event.type === 'doubt_settled' && event.step_id === step.step_id && !event.done,
  );
  if (!REPEATABLE.has(step.task_id) && tally.calls - tally.turned_away - again.length > 1)
    blame(`repeated blindly: ${told}`);
}
