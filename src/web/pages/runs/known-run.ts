import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { RunListItem } from '../../../domain/api/run.js';

/** What a list that is still in memory told of the run: something true to show while the run itself is on its way. */
export function useKnownRun(run_id: string): RunListItem | null {
  const client = useQueryClient();
  return useMemo(() => {
    for (const [, data] of client.getQueriesData<unknown>({ queryKey: ['/api/v1/runs'] })) {
      const found = itemsOf(data).find((item) => item.run_id === run_id);
      if (found !== undefined) return found;
    }
    return null;
  }, [client, run_id]);
}

/** Under this address lists are kept only: as a page, or as the pages that were scrolled through. */
function itemsOf(data: unknown): readonly RunListItem[] {
  if (typeof data !== 'object' || data === null) return [];
  if ('pages' in data && Array.isArray(data.pages)) return data.pages.flatMap(itemsOf);
  return 'items' in data && Array.isArray(data.items) ? (data.items as readonly RunListItem[]) : []; // what the address answers
}
