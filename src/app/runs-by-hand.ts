import type { Clock } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import type { Ids } from '../domain/id.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';
import type { NewRunHeader } from '../domain/run/run.js';
import type { PauseSwitch } from '../domain/pause.js';
import type { RunStore } from '../domain/run/run-store.js';
import type { Alert } from '../domain/alert/alert.js';
import type { HttpDeps, People } from '../http/deps.js';
import { answerApproval, confirmRun, retryRun, steerRun } from '../schedule/by-hand.js';
import type { Opening } from '../schedule/scheduler.js';
import type { Policy } from '../triage/deps.js';

/** Begins a run of a checked playbook, with what has happened to its alerts already. */
export type OpenRun = (
  header: NewRunHeader,
  checked: CheckedPlaybook,
  joined: readonly Alert[],
  resolved?: boolean,
) => Opening;

/** Begins a run that somebody asks for; how it is refused stands at `HttpDeps`. */
export type StartRun = HttpDeps['startRun'];

interface RunsByHand {
  readonly runs: RunStore;
  readonly ids: Pick<Ids, 'next'>;
  readonly policy: () => Pick<Policy, 'playbooks' | 'modeOf'>;
  readonly open: OpenRun;
}

/** Starts runs that people ask for. */
export function createRunsByHand({ runs, ids, policy, open }: RunsByHand): StartRun {
  return async (playbook_id, request) => {
    const { playbooks, modeOf } = policy();
    const checked = playbooks.get(playbook_id);
    if (!checked) throw new FixpointError('not_found', `no playbook ${playbook_id}`);
    const mode = modeOf(playbook_id) ?? 'shadow';
    if (mode === 'off') throw new FixpointError('conflict', `playbook ${playbook_id} is off`);
    const run_id = ids.next();
    const header: NewRunHeader = {
      run_id,
      playbook_id,
      playbook_version: checked.version,
      playbook_name: checked.playbook.name ?? playbook_id,
      rule_id: null,
      service_name: request.alert?.service_name ?? null,
      // Runs that are started by hand stand for themselves: alerts do not join them.
      group_key: `by-hand:${run_id}`,
      mode,
      dry_run: request.dry_run,
      requested_by: request.by,
      parent_run_id: null,
      depth: 0,
      alert: request.alert,
    };
    const opening = open(header, checked, []);
    if ((await runs.open(opening.run)) === 'conflict')
      throw new FixpointError('conflict', `run ${run_id} exists already`);
    opening.go();
    return run_id;
  };
}

/** The scheduler of this process hears of the big red button at once, those of others within their next heartbeat. */
export function announcingPause(pause: PauseSwitch, announce: (paused: boolean) => void): PauseSwitch {
  return {
    read: () => pause.read(),
    async set(state) {
      await pause.set(state);
      announce(state.paused);
    },
  };
}

/** What people tell runs; the worker that holds the run here looks at once. */
export function peopleOf(runs: RunStore, scheduler: { wake(run_id: string): void }, clock: Clock): People {
  function telling<Command>(tell: (of: RunStore, run_id: string, command: Command, clock: Clock) => Promise<void>) {
    return async (run_id: string, command: Command): Promise<void> => {
      await tell(runs, run_id, command, clock);
      scheduler.wake(run_id);
    };
  }
  return {
    steer: telling(steerRun),
    answer: telling(answerApproval),
    confirm: telling(confirmRun),
    retry: telling(retryRun),
  };
}
