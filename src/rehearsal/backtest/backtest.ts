import type { Alert } from '../../domain/alert/alert.js';
import type { BacktestResult } from '../../domain/api/backtest.js';
import { FixpointError } from '../../domain/errors.js';
import type { CheckedPlaybook, Mode } from '../../domain/playbook/playbook.js';
import type { Run } from '../../domain/run/run.js';
import { isRunFinished } from '../../domain/run/run.js';
import type { StoredAlert } from '../../domain/decision/alert-view.js';
import { World } from '../world.js';
import { ReplayingCast } from './replaying-cast.js';
import type { RecordedSteps } from './replaying-cast.js';
import type { Replay } from './replay.js';
import { tally } from './tally.js';

/** Runs that are open at present may take so long; nothing else happens any more. */
const REST_MS = 2 * 3_600_000;
const MOST_RECORDED = 10_000;

/** Replays alerts through rules and playbooks as they might be, and compares what would have happened with what did. Nothing is touched. */
export async function backtest(replay: Replay): Promise<BacktestResult> {
  const { parts, alerts, playbooks, rules, suppressions, limits, max_runs_per_occurrence, signal } = replay;
  const records = new Map<string, RecordedSteps>();
  const cast = new ReplayingCast((run_id) => records.get(recordKeyOf(world.runs.run(run_id))) ?? null);
  const start_ms = Date.parse(alerts[0]?.received_at ?? replay.since);
  const modeOf = (playbook_id: string): Mode | null => modeFor(playbooks.get(playbook_id));
  const world: World = new World({
    parts,
    cast,
    playbooks,
    rules,
    modeOf,
    suppressions,
    limits,
    start_ms,
    max_runs_per_occurrence,
  });
  try {
    await world.start();
    for (const delivery of deliveries(alerts)) {
      if (signal.aborted)
        throw new FixpointError('unavailable', 'the backtest takes too long; ask for less time, or give max_alerts');
      await remember(delivery, replay, records);
      await world.pass(Date.parse(delivery[0]?.received_at ?? replay.since));
      await world.receive(delivery.map(asReceived));
    }
    await world.pass(Math.max(world.clock.now(), Date.parse(replay.until)));
    world.keepHolding();
    await world.pass(world.clock.now() + REST_MS, () => world.runs.all().every((run) => isRunFinished(run.state)));
    return tally(replay, world, cast);
  } finally {
    world.end();
  }
}

/** Everything may act: nothing that it does is real. Only `off` stays off. */
function modeFor(checked: CheckedPlaybook | undefined): Mode | null {
  if (!checked) return null;
  const { mode } = checked.playbook;
  return mode === 'off' || mode === 'approve' ? mode : 'auto';
}

/** Alerts that came at the same moment came together. */
function* deliveries(alerts: readonly StoredAlert[]): Generator<StoredAlert[]> {
  let delivery: StoredAlert[] = [];
  for (const alert of alerts) {
    if (delivery.length > 0 && delivery[0]?.received_at !== alert.received_at) {
      yield delivery;
      delivery = [];
    }
    delivery.push(alert);
  }
  if (delivery.length > 0) yield delivery;
}

function asReceived({ decision: _decision, decisions: _decisions, ...alert }: StoredAlert): Alert {
  return alert;
}

/** What the runs of these alerts found then, for the runs that begin with them now. */
async function remember(
  delivery: readonly StoredAlert[],
  replay: Replay,
  records: Map<string, RecordedSteps>,
): Promise<void> {
  for (const { alert_id, decision } of delivery) {
    if (decision?.action !== 'run') continue;
    for (const run_id of decision.run_ids) {
      const run = await replay.recorded(run_id);
      if (!run) continue;
      records.set(`${alert_id} ${run.playbook_id}`, new Map(run.steps.map((step) => [step.step_id, step])));
      const [oldest] = records.keys();
      if (records.size > MOST_RECORDED && oldest !== undefined) records.delete(oldest);
    }
  }
}

function recordKeyOf(run: Run): string {
  return `${run.alert?.alert_id ?? ''} ${run.playbook_id}`;
}
