import type { QueryClient, UseQueryResult } from '@tanstack/react-query';
import type { OverviewAnswer } from '../../domain/api/overview.js';
import type { Api } from '../api/client.js';
import { keyOf, useGet } from '../api/queries.js';

const OVERVIEW = '/api/v1/overview';

/** Asks for it before anything is drawn: every page shows some of it. A failure is left to the page. */
export function askOverview(api: Api, client: QueryClient): void {
  void client.prefetchQuery({
    queryKey: keyOf(OVERVIEW),
    queryFn: ({ signal }) => api.request('GET', OVERVIEW, { signal }),
    retry: false,
  });
}

/** What is going on; the banner, the badges of the navigation and the Now page share this one answer. */
export function useOverview(): UseQueryResult<OverviewAnswer> {
  return useGet<OverviewAnswer>(OVERVIEW, { live: 8_000 });
}
