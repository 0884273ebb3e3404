import type { UseQueryResult } from '@tanstack/react-query';
import type { SystemAnswer } from '../../../domain/api/overview.js';
import { useGet } from '../../api/queries.js';

/** How the service fares, asked again while somebody looks. */
export function useSystem(): UseQueryResult<SystemAnswer> {
  return useGet<SystemAnswer>('/api/v1/system', { live: true });
}
