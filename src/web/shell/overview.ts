import type { UseQueryResult } from '@tanstack/react-query';
import type { OverviewAnswer } from '../../domain/api/overview.js';
import { useGet } from '../api/queries.js';

/** What is going on; the banner, the badges of the navigation and the Now page share this one answer. */
export function useOverview(): UseQueryResult<OverviewAnswer> {
  return useGet<OverviewAnswer>('/api/v1/overview', { live: 8_000 });
}
