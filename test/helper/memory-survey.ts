import type { Found, Search } from '../../src/domain/search.js';
import type { Backlog, Survey } from '../../src/domain/survey.js';

const NOTHING: Backlog = {
  any_alerts: false,
  undecided: 0,
  open_runs: 0,
  unheld_runs: 0,
  pending_approvals: 0,
  outbox_waiting: 0,
  dead_letters: 0,
};

/** A survey of nothing, with what a test puts in. */
export function memorySurvey(over: Partial<Survey> & { readonly waiting?: Partial<Backlog> } = {}): Survey {
  const { waiting, ...rest } = over;
  return {
    alertsByHour: async () => ({ counts: [], last_id: null, previous_id: null }),
    repeatsByHour: async () => ({ counts: [], last_id: null, previous_id: null }),
    backlog: async () => ({ ...NOTHING, ...waiting }),
    openRuns: async () => [],
    workers: async () => [],
    runFigures: async () => ({ items: [], complete: true }),
    ...rest,
  };
}

/** A search that finds nothing, with what a test puts in. */
export function memorySearch(over: Partial<Search> = {}): Search {
  const nothing = async (): Promise<Found<never>> => ({ items: [], complete: true });
  return {
    alertsById: async () => [],
    runsById: async () => [],
    incidentsById: async () => [],
    alerts: nothing,
    runs: nothing,
    incidents: nothing,
    ...over,
  };
}
