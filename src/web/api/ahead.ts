import type { QueryClient } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { Api, Query } from './client.js';
import { useApi } from './context.js';
import { BROWSER_CLOCK } from './pacer.js';
import type { PacerClock } from './pacer.js';
import { keyOf } from './queries.js';

/** Pages of one thing that stand where the API has it. */
const DETAIL = /^\/(?:alerts|approvals|incidents|playbooks|runs|silences)\/[^/?#]+$/;
/** Who passes over a row on the way to another one does not want it. */
const REST_MS = 60;

/** Asks an address of the API. */
export type Ask = (address: string, query?: Query) => void;

/** What else is fetched with a page. */
type More = (ask: Ask) => void;

/** What is asked for before it is gone to. */
export interface Ahead {
  /** Somebody may be about to follow the link: after a moment of rest its page's answer is asked for, and `more` is done. */
  readonly aim: (href: string, more?: More) => void;
  /** It is about to be followed: at once. */
  readonly take: (href: string, more?: More) => void;
  /** No longer. */
  readonly leave: () => void;
}

/** Asks for what a page will need while its link is only pointed at; what is fresh is not asked for twice, and a failure is left to the page. */
export function useAhead(): Ahead {
  const api = useApi();
  const client = useQueryClient();
  const ahead = useMemo(() => createAhead(api, client, BROWSER_CLOCK), [api, client]);
  useEffect(() => ahead.leave, [ahead]);
  return ahead;
}

/** `useAhead` for any client and clock. */
export function createAhead(api: Api, client: QueryClient, clock: Pick<PacerClock, 'after'>): Ahead {
  let callOff = (): void => undefined;
  function leave(): void {
    callOff();
  }
  function ask(address: string, query?: Query): void {
    void client.prefetchQuery({
      queryKey: keyOf(address, query),
      queryFn: ({ signal }) => api.request('GET', address, { query, signal }),
      retry: false,
    });
  }
  function take(href: string, more?: More): void {
    leave();
    if (DETAIL.test(href)) ask(`/api/v1${href}`);
    more?.(ask);
  }
  return {
    leave,
    take,
    aim(href, more) {
      leave();
      callOff = clock.after(REST_MS, () => take(href, more));
    },
  };
}
