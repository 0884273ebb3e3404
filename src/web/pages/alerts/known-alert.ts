import type { QueryClient } from '@tanstack/react-query';
import type { AlertAnswer } from '../../../domain/api/alert.js';

interface Listed {
  readonly items?: readonly AlertAnswer[];
  readonly pages?: readonly { readonly items: readonly AlertAnswer[] }[];
}

/** The alert as a list has just shown it: its page stands at once, and what lists do not tell follows. */
export function knownAlert(client: QueryClient, alertId: string): AlertAnswer | undefined {
  const lists = client.getQueriesData<Listed>({ predicate: ({ queryKey }) => queryKey[0] === '/api/v1/alerts' });
  for (const [, listed] of lists)
    for (const { items = [] } of listed?.pages ?? [listed ?? {}]) {
      const found = items.find(({ alert_id }) => alert_id === alertId);
      if (found !== undefined) return found;
    }
  return undefined;
}
