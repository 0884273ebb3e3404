import type { BacktestResult } from '../../domain/api/backtest.js';
import type { Decision } from '../../domain/decision/decision.js';
import { compileTemplate } from '../../domain/expression/expression.js';
import type { CheckedPlaybook } from '../../domain/playbook/playbook.js';
import type { ConditionResult, Run } from '../../domain/run/run.js';
import type { StoredAlert } from '../../domain/decision/alert-view.js';
import type { RepeatedAlert } from '../memory-triage.js';
import { intendedBy } from '../recording.js';
import { hasWritten } from '../story.js';
import type { World } from '../world.js';
import type { Replay } from './replay.js';
import type { ReplayingCast } from './replaying-cast.js';

const MOST_DIFFERENCES = 200;
const MOST_ROWS = 500;

type Told = BacktestResult['differences'][number]['now'];

/** What a replay came to, in figures. */
export function tally(replay: Replay, world: World, cast: ReplayingCast): BacktestResult {
  const { alerts, since, until, truncated } = replay;
  const judged = alerts.map((alert) => ({
    alert,
    was: toldOf(alert.decision),
    now: toldOf(world.triage.decisionOf(alert.alert_id)),
  }));
  const different = judged.filter(({ was, now }) => was !== null && now !== null && !isSame(was, now));
  const runs = world.runs.all();
  return {
    since,
    until,
    alerts: alerts.length,
    truncated,
    decisions: compareDecisions(judged),
    runs: compareRuns(judged),
    outcomes: counted(runs.map(({ playbook_id, state, outcome }) => ({ playbook_id, state, outcome }))),
    targets: counted(
      world.calls.filter(hasWritten).map((call) => ({
        kind: call.kind,
        target: (call.change ?? intendedBy(call.kind, call.input)).target,
        playbook_id: world.runs.run(call.run_id).playbook_id,
        recorded_only: call.dry_run,
      })),
    ),
    depends: counted(runs.flatMap((run) => openQuestions(run, cast, replay.playbooks.get(run.playbook_id)))),
    budgets: counted(
      judged.flatMap(({ alert }) => {
        const found = world.triage.decisionsOf(alert.alert_id).filter(({ action }) => action === 'hold');
        return found.slice(0, 1).map(({ reason, by }) => ({ reason: reason ?? '', by }));
      }),
    ),
    approvals: cast.approvals,
    differences: different
      .slice(0, MOST_DIFFERENCES)
      .flatMap(({ alert, was, now }) => (was && now ? [differenceOf(alert, was, now)] : [])),
    different: different.length,
    newly_run: different.filter(({ was, now }) => !hasRun(was) && hasRun(now)).length,
    no_longer_run: different.filter(({ was, now }) => hasRun(was) && !hasRun(now)).length,
  };
}

function hasRun(told: Told | null): boolean {
  return told?.action === 'run' || told?.action === 'join';
}

interface Judged {
  readonly alert: StoredAlert;
  readonly was: Told | null;
  readonly now: Told | null;
}

function toldOf(found: Decision | RepeatedAlert | null): Told | null {
  if (found === null) return null;
  if ('action' in found) {
    const { action, reason, rule_id, playbook_id, explanation } = found;
    // What was dropped as a repeat names the playbook of what it repeats, where anybody still knows.
    return action === 'drop'
      ? { action, reason, rule_id: null, playbook_id: null, explanation }
      : { action, reason, rule_id, playbook_id, explanation };
  }
  const action = found.hold ? 'hold' : 'drop';
  const explanation = found.hold?.explanation ?? `repeats alert ${found.of} word for word`;
  return { action, reason: found.reason, rule_id: null, playbook_id: null, explanation };
}

function isSame(was: Told, now: Told): boolean {
  return was.action === now.action && was.reason === now.reason && was.playbook_id === now.playbook_id;
}

function differenceOf(alert: StoredAlert, was: Told, now: Told): BacktestResult['differences'][number] {
  const { alert_id, alert_name, service_name, received_at } = alert;
  const { explanation: _explanation, ...then } = was;
  return { alert_id, alert_name, service_name, received_at, was: then, now };
}

function compareDecisions(judged: readonly Judged[]): BacktestResult['decisions'] {
  const key = (told: Told | null) => told && { action: told.action, reason: told.reason };
  return compared(judged.map(({ was, now }) => ({ was: key(was), now: key(now) })));
}

function compareRuns(judged: readonly Judged[]): BacktestResult['runs'] {
  const key = (told: Told | null, { service_name }: StoredAlert) =>
    told?.action === 'run' && told.playbook_id !== null
      ? { playbook_id: told.playbook_id, rule_id: told.rule_id, service_name }
      : null;
  return compared(judged.map(({ alert, was, now }) => ({ was: key(was, alert), now: key(now, alert) })));
}

/** Steps that were left out because a condition asked for what nobody recorded. */
function openQuestions(run: Run, cast: ReplayingCast, checked: CheckedPlaybook | undefined) {
  if (!checked) return [];
  const unknown = (step_id: string): boolean => cast.unknown.has(`${run.run_id} ${step_id}`);
  return Object.values(run.steps).flatMap((step) => {
    if (step.state !== 'skipped' || step.reason !== 'condition') return [];
    // A condition that is false whatever would have been found decides it.
    const asked = step.conditions
      .filter(({ holds }) => !holds)
      .map((condition) => askedBy(condition, checked).filter(unknown));
    if (asked.some((ids) => ids.length === 0)) return [];
    return [{ playbook_id: run.playbook_id, step_id: step.step_id, on: [...new Set(asked.flat())].sort() }];
  });
}

/** The steps whose answers a condition looks at that could not be judged. */
function askedBy({ condition, unjudged }: ConditionResult, { playbook }: CheckedPlaybook): string[] {
  if (unjudged !== true) return [];
  const producers = new Map(playbook.tasks.map((task) => [task.output_variable ?? '', task.id]));
  return compileTemplate(condition).references.flatMap(
    ([root = '', id]) => (root === 'steps' ? id : producers.get(root)) ?? [],
  );
}

/** Rows that are alike once, with how many there are, the most frequent first. */
function counted<Row extends object>(rows: readonly Row[]): (Row & { count: number })[] {
  const found = new Map<string, Row & { count: number }>();
  for (const row of rows) {
    const key = JSON.stringify(row);
    const known = found.get(key);
    if (known) known.count += 1;
    else found.set(key, { ...row, count: 1 });
  }
  return [...found.values()].sort((a, b) => b.count - a.count).slice(0, MOST_ROWS);
}

function compared<Row extends object>(
  pairs: readonly { readonly was: Row | null; readonly now: Row | null }[],
): (Row & { was: number; now: number })[] {
  const found = new Map<string, Row & { was: number; now: number }>();
  const add = (row: Row | null, side: 'was' | 'now'): void => {
    if (row === null) return;
    const key = JSON.stringify(row);
    const known = found.get(key) ?? { ...row, was: 0, now: 0 };
    known[side] += 1;
    found.set(key, known);
  };
  for (const { was, now } of pairs) {
    add(was, 'was');
    add(now, 'now');
  }
  return [...found.values()].sort((a, b) => b.now + b.was - (a.now + a.was)).slice(0, MOST_ROWS);
}
