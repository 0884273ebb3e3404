import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import type { RunEvent } from '../domain/run.js';
import { isRunFinished } from '../domain/run.js';
import type { RunStore } from '../domain/store.js';
import { transition } from '../domain/transition.js';

/** What a person may tell a run. */
export interface RunCommand {
  readonly type: 'cancel' | 'pause' | 'resume';
  readonly by: string;
  readonly reason: string | null;
}

/** How often a command is folded anew because the run went on meanwhile. */
const MAX_TURNS = 20;

/** Writes a person's command into a run as an event: `not_found`, or `conflict` when the run's state does not allow it. */
export async function steerRun(runs: RunStore, run_id: string, command: RunCommand, clock: Clock): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const loaded = await runs.load(run_id);
    if (!loaded) throw new FixpointError('not_found', `no run ${run_id}`);
    const { run } = loaded;
    if (isRunFinished(run.state)) throw new FixpointError('conflict', `run ${run_id} has ${run.state} already`);
    const event = eventOf(command, instant(clock.now()));
    const after = transition(run, event);
    if ((await runs.apply({ before: run, after, events: [event], outside: true })) === 'applied') return;
  }
  throw new FixpointError('unavailable', `run ${run_id} went on too fast to be told to ${command.type}; try again`);
}

function eventOf({ type, by, reason }: RunCommand, at: string): RunEvent {
  switch (type) {
    case 'cancel':
      return { type: 'run_cancel_requested', at, by, reason };
    case 'pause':
      return { type: 'run_paused', at, by, reason };
    case 'resume':
      return { type: 'run_resumed', at, by };
  }
}
