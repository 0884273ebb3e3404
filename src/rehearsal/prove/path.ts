import type { Alert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { CheckedPlaybook, Mode } from '../../domain/playbook/playbook.js';
import type { Run, RunEvent } from '../../domain/run/run.js';
import { isOver, longestMs } from '../over.js';
import type { Parts } from '../parts.js';
import type { Call } from '../recording.js';
import { World } from '../world.js';
import { ExploringCast } from './exploring-cast.js';
import type { Known } from './exploring-cast.js';
import type { Deviations, Turn } from './fate.js';
import { describeRuns } from './world-state.js';

/** What is proven, and with what. */
export interface Subject {
  readonly parts: Parts;
  readonly playbooks: ReadonlyMap<string, CheckedPlaybook>;
  readonly checked: CheckedPlaybook;
  readonly known: Known;
}

/** One way through a playbook, as far as it was gone. */
export interface Path {
  readonly turns: readonly Turn[];
  /** Readings that found no data, as `run_id step_id`. */
  readonly empty: ReadonlySet<string>;
  /** The run, and those that its steps began. */
  readonly runs: readonly Run[];
  readonly events: ReadonlyMap<string, readonly RunEvent[]>;
  readonly calls: readonly Call[];
  readonly troubles: readonly string[];
  /** False where it joined a path whose rest is known. */
  readonly complete: boolean;
}

const START_MS = Date.parse('2026-01-05T10:00:00.000Z');
/** What ends an attempt. */
const ENDS: ReadonlySet<RunEvent['type']> = new Set<RunEvent['type']>([
  'step_succeeded',
  'step_failed',
  'step_retrying',
  'step_waiting',
  'step_skipped',
  'step_cancelled',
  'step_lost',
]);

/** Goes one way through a playbook: as hoped for, but for the points where it deviates. */
export async function goThrough(
  subject: Subject,
  alert: Alert,
  deviations: Deviations,
  isKnown: (turn: Turn, turns: readonly Turn[]) => boolean,
): Promise<Path> {
  const { parts, playbooks, checked, known } = subject;
  const { playbook_id } = checked.playbook;
  let asked = Number.POSITIVE_INFINITY;
  const cast = new ExploringCast({
    known,
    deviations,
    isKnown: (turn, turns) => {
      const cut = isKnown(turn, turns);
      // What is asked from here on belongs to the path that it joins.
      if (cut) asked = world.calls.length;
      return cut;
    },
    state: () => describeRuns(world.runs.all()),
    onResolve: (delay_ms) => world.later(delay_ms, () => world.receive([resolved(alert, world)])),
  });
  const world: World = new World({
    parts,
    cast,
    playbooks,
    rules: [{ rule_id: 'prove', alert_name: 'any', playbook_id }],
    modeOf: (id) => modeOf(playbooks, id),
    start_ms: START_MS,
    max_runs_per_occurrence: 1,
    // How long it is looked at changes nothing in where it leads.
    proof: { within_ms: 5_000, hold_ms: 1_000 },
    changed: (run, events) => {
      for (const event of events)
        if (ENDS.has(event.type) && 'step_id' in event && event.step_id !== null)
          cast.ended(run.run_id, event.step_id, event.type === 'step_succeeded');
    },
  });
  try {
    await world.start();
    await world.receive([alert]);
    await world.pass(START_MS + longestMs(playbooks), () => cast.over || isOver(world));
    const runs = world.runs.all();
    return {
      turns: cast.turns,
      empty: cast.empty,
      runs,
      events: new Map(runs.map((run) => [run.run_id, world.runs.events(run.run_id)])),
      calls: world.calls.slice(0, asked),
      troubles: world.troubles,
      complete: !cast.over,
    };
  } finally {
    world.end();
  }
}

/** What a playbook may do is looked at as if it might: shadow and off are left for later. */
function modeOf(playbooks: ReadonlyMap<string, CheckedPlaybook>, playbook_id: string): Mode | null {
  const checked = playbooks.get(playbook_id);
  if (!checked) return null;
  return checked.playbook.mode === 'approve' ? 'approve' : 'auto';
}

function resolved(alert: Alert, world: World): Alert {
  const at = instant(world.clock.now());
  return { ...alert, alert_id: world.nextId(), status: 'resolved', ends_at: at, received_at: at };
}
