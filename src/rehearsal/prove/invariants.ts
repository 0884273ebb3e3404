import type { ExecutorSpec } from '../../domain/executor.js';
import { failureActions } from '../../domain/playbook/playbook.js';
import type { CheckedPlaybook, Playbook } from '../../domain/playbook/playbook.js';
import type { Run, RunEvent, Step } from '../../domain/run/run.js';
import { isRunFinished } from '../../domain/run/run.js';
import { waitsForPeople } from '../over.js';
import type { Call } from '../recording.js';
import { taskOf } from './exploring-cast.js';
import { gatesOf } from './gates.js';
import type { WriteGates } from './gates.js';
import type { Path } from './path.js';

/** Something that must never happen. */
export interface Violation {
  /** Which rule it breaks: a violation is told once for each rule and step. */
  readonly rule: string;
  readonly step: string;
  readonly message: string;
}

interface Laws {
  readonly playbook: Playbook;
  readonly gates: ReadonlyMap<string, WriteGates>;
}

/** Judges paths by what must never happen on any of them. */
export class Judge {
  readonly #specs: ReadonlyMap<string, ExecutorSpec>;
  readonly #playbooks: ReadonlyMap<string, CheckedPlaybook>;
  readonly #laws = new Map<string, Laws>();

  constructor(playbooks: ReadonlyMap<string, CheckedPlaybook>, specs: ReadonlyMap<string, ExecutorSpec>) {
    this.#playbooks = playbooks;
    this.#specs = specs;
  }

  violations(path: Path): Violation[] {
    const found: Violation[] = path.troubles.map((message) => ({
      rule: 'engine',
      step: '',
      message: `the engine failed: ${message}`,
    }));
    for (const run of path.runs) {
      const laws = this.#lawsOf(run.playbook_id);
      if (!laws) continue;
      const calls = path.calls.filter((call) => call.run_id === run.run_id);
      found.push(...repeated(calls, laws), ...ungatedWrites(run, calls, path, laws), ...wrongUndo(calls));
      if (path.complete) found.push(...unreported(run, path.events.get(run.run_id) ?? [], laws), ...unfinished(run));
    }
    return found;
  }

  #lawsOf(playbook_id: string): Laws | null {
    const known = this.#laws.get(playbook_id);
    const playbook = this.#playbooks.get(playbook_id)?.playbook;
    if (known || !playbook) return known ?? null;
    const laws = { playbook, gates: gatesOf(playbook, this.#specs) };
    this.#laws.set(playbook_id, laws);
    return laws;
  }
}

function hasTakenEffect(call: Call): boolean {
  return call.effect === 'write' && !call.dry_run && call.reply.type !== 'real' && call.reply.done;
}

/** A write that takes effect twice, though its author does not say that this does no harm. */
function repeated(calls: readonly Call[], { playbook }: Laws): Violation[] {
  const counts = new Map<string, number>();
  const found: Violation[] = [];
  for (const call of calls.filter(hasTakenEffect)) {
    const key = `${call.idempotency_key} ${call.undo}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    const task = playbook.tasks.find(({ id }) => id === taskOf(call.step_id));
    const isHarmless = task?.idempotent === true || task?.parameters?.['idempotent'] === true || call.undo;
    if (counts.get(key) === 2 && !isHarmless)
      found.push({ rule: 'twice', step: call.step_id, message: `${call.step_id} is done twice` });
  }
  return found;
}

/** Writes that take effect after a no, or without what the readings that they go by have found. */
function ungatedWrites(run: Run, calls: readonly Call[], path: Path, { playbook, gates }: Laws): Violation[] {
  const found: Violation[] = [];
  for (const call of calls) {
    if (!hasTakenEffect(call) || call.undo) continue;
    const step = taskOf(call.step_id);
    const gate = gates.get(step);
    if (!gate) continue;
    const refused = Object.values(run.steps).find(
      (other) => (gate.upstream.has(other.task_id) || other.step_id === call.step_id) && isRefused(other),
    );
    if (refused)
      found.push({ rule: 'denied', step, message: `${step} is written after ${refused.step_id} was not approved` });
    if (gate.is_clean_up) continue;
    for (const id of gate.readings) {
      const why = absenceOf(id, run, path);
      if (why !== null)
        found.push({ rule: `evidence ${id} ${why}`, step, message: `${step} is written although ${id} ${why}` });
    }
  }
  return found.filter(() => playbook.tasks.length > 0);
}

function isRefused({ approval }: Step): boolean {
  return approval?.state === 'denied' || approval?.state === 'expired';
}

/** Why there is nothing to go by from a reading; null when it found something. */
function absenceOf(id: string, run: Run, path: Path): string | null {
  const step = run.steps[id];
  if (step === undefined) return 'was not read';
  if (step.state === 'failed') return 'failed';
  if (step.state === 'skipped' || step.state === 'cancelled') return 'did not run';
  const items = Object.values(run.steps).filter((item) => item.task_id === id && item.item_index !== null);
  const isEmpty = (step_id: string): boolean => path.empty.has(`${run.run_id} ${step_id}`);
  const foundNothing = items.length > 0 ? items.every((item) => isEmpty(item.step_id)) : isEmpty(id);
  return foundNothing ? 'found no data' : null;
}

/** Taking back what was not done, or taking it back twice. */
function wrongUndo(calls: readonly Call[]): Violation[] {
  const found: Violation[] = [];
  const done = new Set<string>();
  for (const call of calls.filter(hasTakenEffect)) {
    const writer = call.step_id.replace(/:undo$/, '');
    if (!call.undo) done.add(writer);
    else if (!done.has(writer))
      found.push({ rule: 'undo', step: writer, message: `${writer} is taken back although it was not done` });
  }
  return found;
}

/** Failures that people were to be told of, and questions, that nobody hears of; messages that cannot be put together. */
function unreported(run: Run, events: readonly RunEvent[], { playbook }: Laws): Violation[] {
  const found: Violation[] = [];
  const told = new Set(
    events.flatMap((event) => (event.type === 'notice' ? [`${event.step_id ?? ''} ${event.about}`] : [])),
  );
  for (const event of events) {
    if (event.type !== 'step_failed') continue;
    const task = playbook.tasks.find(({ id }) => id === event.step_id);
    if (!task) continue;
    const actions = failureActions(task.on_failure);
    const isToBeTold = actions.includes('notify') || actions.includes('escalate');
    if (isToBeTold && !told.has(`${task.id} failure`))
      found.push({ rule: 'unreported', step: task.id, message: `${task.id} fails, and nobody is told` });
    if (task.type.toLowerCase() === 'notification' && event.error.startsWith('parameters:'))
      found.push({
        rule: 'message',
        step: task.id,
        message: `an end goes unreported: the message of ${task.id} cannot be put together (${event.error})`,
      });
  }
  for (const step of Object.values(run.steps))
    if (step.state === 'waiting' && step.reason === 'in_doubt' && !told.has(`${step.step_id} in_doubt`))
      found.push({
        rule: 'unreported',
        step: step.step_id,
        message: `${step.step_id} is in doubt, and nobody is told`,
      });
  if (isRunFinished(run.state) && !events.some((event) => event.type === 'run_finished'))
    found.push({ rule: 'unreported', step: '', message: 'the run ends, and nobody is told' });
  return found;
}

function unfinished(run: Run): Violation[] {
  if (isRunFinished(run.state) || waitsForPeople(run)) return [];
  return [{ rule: 'end', step: '', message: `the run never ends: it is ${run.state} for good` }];
}
