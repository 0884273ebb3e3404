import type { Playbook } from '../../src/domain/playbook.js';
import type { Alert } from '../../src/domain/alert.js';
import type { Clock } from '../../src/domain/clock.js';
import type { Run, RunEvent } from '../../src/domain/run.js';
import { isRunFinished } from '../../src/domain/run.js';
import type { RunStore } from '../../src/domain/store.js';
import { fold } from '../../src/domain/transition.js';

interface Fault {
  readonly method: keyof RunStore;
  readonly done: boolean;
}

interface Kept {
  events: RunEvent[];
  holder: string | null;
  wake_at: string | null;
  poked: boolean;
}

/**
 * The write path of runs in memory, with the same fence and the same leases as the real one; runs are rebuilt from their events. Leases go by
 * `clock`, as those of the real one by the database's.
 */
export function memoryRuns(playbookOf: (playbook_id: string) => Playbook, clock: Pick<Clock, 'now'>) {
  const kept = new Map<string, Kept>();
  const workers = new Map<string, number>();
  const isLeased = (worker_id: string): boolean => (workers.get(worker_id) ?? -Infinity) > clock.now();
  const alerts = new Map<string, { alerts: Alert[]; firing: boolean }>();
  const faults: Fault[] = [];
  const runOf = ({ events }: Kept): Run => fold(null, events);
  const store: RunStore = {
    open: async ({ run, events, holder }) => {
      await Promise.resolve();
      kept.set(run.run_id, { events: [...events], holder, wake_at: run.created_at, poked: false });
      return 'opened';
    },
    apply: async ({ before, events, outside, poke }) => {
      await Promise.resolve();
      const entry = kept.get(before.run_id);
      if (!entry || entry.events.length !== before.seq) return 'conflict';
      entry.events.push(...events);
      if (outside) entry.poked = true;
      for (const run_id of poke ?? []) {
        const other = kept.get(run_id);
        if (other) other.poked = true;
      }
      const run = runOf(entry);
      if (isRunFinished(run.state)) {
        entry.holder = null;
        const parent = run.parent_run_id === null ? undefined : kept.get(run.parent_run_id);
        if (parent) parent.poked = true;
      }
      return 'applied';
    },
    load: async (run_id) => {
      await Promise.resolve();
      const entry = kept.get(run_id);
      return entry ? { run: runOf(entry), holder: entry.holder } : null;
    },
    claim: async (worker_id, now, limit, holding) => {
      await Promise.resolve();
      const free = [...kept].filter(([run_id, entry]) => {
        if (isRunFinished(runOf(entry).state)) return false;
        if (entry.holder === null) return entry.poked || (entry.wake_at !== null && entry.wake_at <= now);
        const isStray = holding !== undefined && entry.holder === worker_id && !holding.includes(run_id);
        return isStray || !isLeased(entry.holder);
      });
      return free.slice(0, limit).map(([, entry]) => {
        const from = entry.holder;
        Object.assign(entry, { holder: worker_id, poked: false, wake_at: null });
        const run = runOf(entry);
        const found = alerts.get(run.run_id) ?? { alerts: [], firing: false };
        return { run, playbook: playbookOf(run.playbook_id), from, found };
      });
    },
    register: async (worker_id, lease_ms) => {
      await Promise.resolve();
      const [name] = worker_id.split('#');
      for (const other of workers.keys()) if (other.split('#')[0] === name) workers.delete(other);
      workers.set(worker_id, clock.now() + lease_ms);
    },
    heartbeat: async (worker_id, lease_ms) => {
      await Promise.resolve();
      if (!isLeased(worker_id)) return 'lost';
      workers.set(worker_id, clock.now() + lease_ms);
      return 'held';
    },
    release: async (run_id, worker_id, wake_at) => {
      await Promise.resolve();
      const entry = kept.get(run_id);
      if (entry?.holder === worker_id) Object.assign(entry, { holder: null, wake_at });
      else if (entry?.holder === null && wake_at !== null && wake_at < (entry.wake_at ?? '~')) entry.wake_at = wake_at;
    },
    poked: async (worker_id) => {
      await Promise.resolve();
      const found = [...kept].filter(([, entry]) => entry.poked && entry.holder === worker_id);
      for (const [, entry] of found) entry.poked = false;
      return found.map(([run_id]) => run_id);
    },
    alertsOf: async (run_id) => {
      await Promise.resolve();
      return alerts.get(run_id) ?? { alerts: [], firing: false };
    },
  };
  return {
    store: faulty(store, faults),
    run: (run_id: string): Run => {
      const entry = kept.get(run_id);
      if (!entry) throw new Error(`no run ${run_id}`);
      return runOf(entry);
    },
    events: (run_id: string): readonly RunEvent[] => kept.get(run_id)?.events ?? [],
    holder: (run_id: string): string | null => kept.get(run_id)?.holder ?? null,
    setAlerts: (run_id: string, of: { alerts: Alert[]; firing: boolean }) => {
      alerts.set(run_id, of);
      const entry = kept.get(run_id);
      if (entry) entry.poked = true;
    },
    /** Makes a worker the holder of a run by its row. */
    give: (run_id: string, worker_id: string): void => {
      const entry = kept.get(run_id);
      if (entry) entry.holder = worker_id;
    },
    /** The next calls of a method fail; where `done` is set, only their answers are lost. */
    failNext: (method: keyof RunStore, count = 1, done = false) => {
      for (let n = 0; n < count; n++) faults.push({ method, done });
    },
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
