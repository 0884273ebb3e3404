import { QueryClient, keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { UseMutationResult, UseQueryResult } from '@tanstack/react-query';
import { ApiRefusal, queryText } from './client.js';
import type { Query } from './client.js';
import { useApi } from './context.js';

/** How often what is live is asked again while somebody looks at it. */
export const LIVE_MS = 6_000;
const STALE_MS = 4_000;
const MAX_RETRIES = 2;

/** The memory of answers. A refusal is final; a service that cannot be reached is asked twice more. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        gcTime: 5 * 60_000,
        retry: (failures, error) => failures < MAX_RETRIES && isPassing(error),
        retryDelay: (failures) => 800 * 2 ** failures,
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
}

/** True when the same request may well succeed a moment later. */
export function isPassing(error: unknown): boolean {
  return error instanceof ApiRefusal && ['unreachable', 'timeout', 'unavailable'].includes(error.code);
}

/** The key of an answer: its address, then what was asked. `invalidate` finds it by the beginning of its address. */
export function keyOf(path: string, query?: Query): readonly unknown[] {
  return [path, queryText(query)];
}

export interface GetOptions {
  readonly query?: Query | undefined;
  /** Asked again every few seconds while the page is visible; a number says how many milliseconds. */
  readonly live?: boolean | number | undefined;
  readonly enabled?: boolean | undefined;
  /** Keeps the last answer on the page while another question is asked (paging, filters). */
  readonly keep?: boolean | undefined;
  /** An answer that is known from elsewhere, and since when: it is not asked for before it is old. */
  readonly known?: { readonly data: unknown; readonly at: number } | undefined;
}

/** What `GET path` answers. */
export function useGet<T>(path: string, options: GetOptions = {}): UseQueryResult<T> {
  const api = useApi();
  const { query, live = false, known } = options;
  return useQuery<T>({
    queryKey: keyOf(path, query),
    queryFn: ({ signal }) => api.request<T>('GET', path, { query, signal }),
    enabled: options.enabled ?? true,
    refetchInterval: live === false ? false : live === true ? LIVE_MS : live,
    ...(options.keep === true ? { placeholderData: keepPreviousData } : {}),
    // The same schema answers here and there.
    ...(known === undefined ? {} : { initialData: known.data as T, initialDataUpdatedAt: known.at }),
  });
}

interface SendOptions<Answer> {
  /** Answers whose address begins so are asked for again afterwards. */
  readonly invalidate?: readonly string[];
  readonly onDone?: (answer: Answer) => void;
  readonly within_ms?: number;
}

/** Changes something: `mutateAsync({ path, body })`. Never tried again by itself. */
export function useSend<Answer, Body = unknown>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  options: SendOptions<Answer> = {},
): UseMutationResult<Answer, Error, { readonly path: string; readonly body?: Body }> {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ path, body }: { readonly path: string; readonly body?: Body }) =>
      api.request<Answer>(method, path, { body, within_ms: options.within_ms }),
    onSettled: () => invalidate(client, options.invalidate ?? []),
    onSuccess: (answer) => options.onDone?.(answer),
  });
}

/** Has every answer whose address begins with one of these asked for again. */
export async function invalidate(client: QueryClient, prefixes: readonly string[]): Promise<void> {
  if (prefixes.length === 0) return;
  await client.invalidateQueries({
    predicate: ({ queryKey: [path] }) => typeof path === 'string' && prefixes.some((prefix) => path.startsWith(prefix)),
  });
}
