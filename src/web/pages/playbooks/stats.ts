import { useQueryClient } from '@tanstack/react-query';
import type { PlaybookStats, PlaybookStatsAnswer } from '../../../domain/api/playbook.js';
import type { RunState } from '../../../domain/run/run.js';
import { keyOf, useGet } from '../../api/queries.js';

/** The time that figures are about. */
export const STATS_SINCE = '30d';
const EVERY_MS = 30_000;
const STATS = '/api/v1/playbook_stats';

const OPEN: readonly RunState[] = ['pending', 'running', 'waiting', 'paused'];

/** How the runs of each playbook went lately, by its id; of one alone where it is named. Undefined until it is known. */
export function useStats(playbook_id?: string): {
  readonly byId: ReadonlyMap<string, PlaybookStats> | undefined;
  readonly complete: boolean;
} {
  const client = useQueryClient();
  const listed = playbook_id === undefined ? undefined : client.getQueryState<PlaybookStatsAnswer>(keyOf(STATS, { since: STATS_SINCE }));
  const { data } = useGet<PlaybookStatsAnswer>(STATS, {
    query: { since: STATS_SINCE, playbook_id },
    live: EVERY_MS,
    // The list has just asked for all of them.
    known: listed?.data && { data: listed.data, at: listed.dataUpdatedAt },
  });
  return {
    byId: data === undefined ? undefined : new Map(data.items.map((stats) => [stats.playbook_id, stats])),
    complete: data?.complete ?? true,
  };
}

/** How many of the runs have not ended. */
export function openOf({ states }: PlaybookStats): number {
  return OPEN.reduce((sum, state) => sum + (states[state] ?? 0), 0);
}
