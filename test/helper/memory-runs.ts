import type { Playbook } from '../../src/domain/playbook/playbook.js';
import type { Alert } from '../../src/domain/alert/alert.js';
import type { Clock } from '../../src/domain/clock.js';
import type { RunStore } from '../../src/domain/run/run-store.js';
import { MemoryRuns } from '../../src/rehearsal/memory-runs.js';

interface Fault {
  readonly method: keyof RunStore;
  readonly done: boolean;
}

/**
 * The write path of runs in memory, with the same fence and the same leases as the real one; runs are rebuilt from their events. Leases go by
 * `clock`, as those of the real one by the database's.
 */
export function memoryRuns(playbookOf: (playbook_id: string) => Playbook, clock: Pick<Clock, 'now'>) {
  const alerts = new Map<string, { alerts: Alert[]; firing: boolean }>();
  const faults: Fault[] = [];
  const runs = new MemoryRuns({
    playbookOf,
    clock,
    alertsOf: (run_id) => alerts.get(run_id) ?? { alerts: [], firing: false },
  });
  return {
    store: faulty(methodsOf(runs), faults),
    run: (run_id: string) => runs.run(run_id),
    events: (run_id: string) => runs.events(run_id),
    holder: (run_id: string) => runs.holder(run_id),
    setAlerts: (run_id: string, of: { alerts: Alert[]; firing: boolean }) => {
      alerts.set(run_id, of);
      runs.poke(run_id);
    },
    /** Makes a worker the holder of a run by its row. */
    give: (run_id: string, worker_id: string) => runs.give(run_id, worker_id),
    /** The next calls of a method fail; where `done` is set, only their answers are lost. */
    failNext: (method: keyof RunStore, count = 1, done = false) => {
      for (let n = 0; n < count; n++) faults.push({ method, done });
    },
  };
}

/** The contract alone, as an object whose methods a test may put others in the place of. */
function methodsOf(runs: MemoryRuns): RunStore {
  return {
    open: (run) => runs.open(run),
    apply: (change) => runs.apply(change),
    load: (run_id) => runs.load(run_id),
    claim: (worker_id, now, limit, holding) => runs.claim(worker_id, now, limit, holding),
    register: (worker_id, lease_ms) => runs.register(worker_id, lease_ms),
    heartbeat: (worker_id, lease_ms) => runs.heartbeat(worker_id, lease_ms),
    release: (run_id, worker_id, wake_at) => runs.release(run_id, worker_id, wake_at),
    poked: (worker_id) => runs.poked(worker_id),
    alertsOf: (run_id) => runs.alertsOf(run_id),
  };
}

/** Lets the next calls for which a fault waits fail, before or after they took place. */
function faulty(store: RunStore, faults: Fault[]): RunStore {
  return new Proxy(store, {
    get(target, name, receiver) {
      const method = Reflect.get(target, name, receiver) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        const place = faults.findIndex((fault) => fault.method === name);
        const [fault] = place < 0 ? [] : faults.splice(place, 1);
        if (fault?.done === false) throw new Error('the database is away');
        const answer = await method(...args);
        if (fault?.done) throw new Error('the answer of the database was lost');
        return answer;
      };
    },
  });
}
