import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Query } from './client.js';
import { useApi } from './context.js';
import { LIVE_MS, keyOf } from './queries.js';

/** The most that the API answers at once. Who scrolls on has read the first page, and is served in larger ones. */
const LARGEST_PAGE = 200;

/** One answer of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

interface Asked<T> extends Page<T> {
  /** By the page's own clock. */
  readonly asked_at: number;
}

export interface PagedList<T> {
  readonly items: readonly T[];
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly more: () => void;
  readonly retry: () => void;
}

interface PagesOptions<T> {
  readonly query?: Query | undefined;
  readonly idOf: (item: T) => string;
  readonly limit?: number | undefined;
}

/**
 * A list of the API, page after page, kept fresh at its head only: the newest page is asked for again every few seconds and laid over the rest.
 * What was there stays where it was, and a hundred pages are never asked for again at once.
 */
export function usePages<T>(path: string, options: PagesOptions<T>): PagedList<T> {
  const api = useApi();
  const client = useQueryClient();
  const query = { limit: options.limit ?? 100, ...options.query };
  const key = [...keyOf(path, query), 'pages'];
  const pages = useInfiniteQuery({
    queryKey: key,
    queryFn: async ({ pageParam, signal }): Promise<Asked<T>> => {
      const asked_at = performance.now();
      const asked = pageParam === null ? query : { ...query, limit: LARGEST_PAGE, cursor: pageParam };
      const page = await api.request<Page<T>>('GET', path, { query: asked, signal });
      return { ...page, asked_at };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    // The head below brings what is new; an old list's pages are not asked for again one by one.
    refetchOnMount: false,
  });
  const head = useQuery({
    queryKey: [...keyOf(path, query), 'head'],
    queryFn: async ({ signal }): Promise<Asked<T>> => {
      const asked_at = performance.now();
      const fresh = await api.request<Page<T>>('GET', path, { query, signal });
      const known = client.getQueryData<{ pages: readonly Page<T>[] }>(key)?.pages[0];
      // More is new than one page holds: what lies between is unknown, so the list begins again.
      if (known !== undefined && !meets(fresh, known, options.idOf)) await client.resetQueries({ queryKey: key });
      return { ...fresh, asked_at };
    },
    enabled: pages.isSuccess,
    // What has just come is not asked for at once again.
    initialData: () => pages.data?.pages[0],
    initialDataUpdatedAt: () => pages.dataUpdatedAt,
    refetchInterval: LIVE_MS,
  });
  // What was asked before the list itself knows less than it.
  const fresh = (head.data?.asked_at ?? 0) > (pages.data?.pages[0]?.asked_at ?? 0) ? head.data : undefined;
  const items = useMemo(
    () => overlay(fresh, pages.data?.pages.flatMap((page) => page.items) ?? [], options.idOf),
    // Without `idOf`: it is a pure reader of the item, and a new function at every rendering is the same one.
    [fresh, pages.data],
  );
  return {
    items,
    isLoading: pages.isPending,
    error: pages.error,
    hasMore: pages.hasNextPage,
    isLoadingMore: pages.isFetchingNextPage,
    more: () => {
      if (pages.hasNextPage && !pages.isFetching) void pages.fetchNextPage();
    },
    retry: () => void pages.refetch(),
  };
}

/** Whether nothing can lie between a fresh first page and what is known: they share an item, or there is no more than the page. */
export function meets<T>(fresh: Page<T>, known: Page<T>, idOf: (item: T) => string): boolean {
  if (fresh.next_cursor === null) return known.next_cursor === null;
  const first = known.items[0];
  return first !== undefined && fresh.items.some((item) => idOf(item) === idOf(first));
}

/**
 * The fresh page over the known items: new ones in front, changed ones in their place. What the fresh page should hold and does not has left
 * the filter, and goes: everything known that stands before the last item of the page, and everything where no page follows it.
 */
export function overlay<T>(fresh: Page<T> | undefined, known: readonly T[], idOf: (item: T) => string): readonly T[] {
  const items = fresh?.items ?? [];
  const freshById = new Map(items.map((item) => [idOf(item), item]));
  const reached = fresh === undefined ? 0 : reach(fresh, known, freshById, idOf);
  const seen = new Set<string>();
  const rest = known.flatMap((item, place) => {
    const id = idOf(item);
    const current = freshById.get(id);
    if (seen.has(id) || (current === undefined && place < reached)) return [];
    seen.add(id);
    return [current ?? item];
  });
  return [...items.filter((item) => !seen.has(idOf(item))), ...rest];
}

/** How many of the known items the fresh page speaks for. */
function reach<T>(
  fresh: Page<T>,
  known: readonly T[],
  freshById: ReadonlyMap<string, T>,
  idOf: (item: T) => string,
): number {
  if (fresh.next_cursor === null) return known.length;
  return known.findLastIndex((item) => freshById.has(idOf(item))) + 1;
}
