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
/** So long a click waits for its answer: a page that is drawn once stands sooner than one that is drawn empty and then anew. */
const HOLD_MS = 80;

/** Asks an address of the API. What is drawn `after` the page stands is asked for too, and a click does not wait for it. */
export type Ask = (address: string, query?: Query, drawn?: 'after') => void;

/** What else is fetched with a page. */
type More = (ask: Ask) => void;

/** What is asked for before it is gone to. */
export interface Ahead {
  /**
   * Somebody may be about to follow the link: the page's answer is asked for, and `more` is done, at once or after a moment of rest on it, and
   * not before what another link was pointed at for has come.
   */
  readonly aim: (href: string, more?: More) => void;
  /** It is about to be followed: at once. */
  readonly take: (href: string, more?: More) => void;
  /** It is followed: `go` is called when all that was asked for is there, or after a moment without. */
  readonly follow: (href: string, go: () => void, more?: More) => void;
  /** The link is not pointed at any longer. */
  readonly leave: () => void;
  /** The list is gone: nothing is gone to any more. */
  readonly stop: () => void;
}

/** Asks for what a page will need while its link is only pointed at; what is fresh is not asked for twice, and a failure is left to the page. */
export function useAhead(): Ahead {
  const api = useApi();
  const client = useQueryClient();
  const ahead = useMemo(() => createAhead(api, client, BROWSER_CLOCK), [api, client]);
  useEffect(() => ahead.stop, [ahead]);
  return ahead;
}

/** `useAhead` for any client and clock. */
export function createAhead(api: Api, client: QueryClient, clock: Pick<PacerClock, 'after'>): Ahead {
  const nothing = (): void => undefined;
  let callOff = nothing;
  let callOffRest = nothing;
  let isMoving = false;
  let letGo = nothing;
  /** Whether what a row leads to is on its way only because it was pointed at. */
  let isAsking = false;
  /** The row that was pointed at meanwhile. */
  let next: (() => void) | null = null;

  /**
   * One row at a time, and of those that were come to meanwhile the last: of a slow service, or on a slow line, row after row would stand in the
   * way of what is wanted.
   */
  function point(href: string, more?: More): void {
    if (isAsking) {
      next = () => point(href, more);
      return;
    }
    isAsking = true;
    void Promise.all(take(href, more).coming).then(() => {
      isAsking = false;
      const then = next;
      next = null;
      then?.();
    });
  }

  /** `coming` is all that is on its way, `awaited` what a click waits for. */
  function take(href: string, more?: More): Record<'coming' | 'awaited', Promise<unknown>[]> {
    callOff();
    next = null;
    const coming: Promise<unknown>[] = [];
    const awaited: Promise<unknown>[] = [];
    function ask(address: string, query?: Query, drawn?: 'after'): void {
      const queryKey = keyOf(address, query);
      const answer = client.prefetchQuery({
        queryKey,
        queryFn: ({ signal }) => api.request('GET', address, { query, signal }),
        retry: false,
      });
      // What is known already is shown while it is asked for anew.
      if (client.getQueryData(queryKey) !== undefined) return;
      coming.push(answer);
      if (drawn === undefined) awaited.push(answer);
    }
    if (DETAIL.test(href)) ask(`/api/v1${href}`);
    more?.(ask);
    return { coming, awaited };
  }

  return {
    leave: () => {
      callOff();
      next = null;
    },
    take: (href, more) => void take(href, more),
    aim(href, more) {
      callOff();
      next = null;
      // The first row that somebody comes to is asked for at once, and those that are passed over on the way from there are not.
      if (!isMoving) point(href, more);
      else callOff = clock.after(REST_MS, () => point(href, more));
      isMoving = true;
      callOffRest();
      callOffRest = clock.after(REST_MS, () => (isMoving = false));
    },
    follow(href, go, more) {
      letGo();
      const { awaited } = take(href, more);
      if (awaited.length === 0) {
        go();
        return;
      }
      const callOffHold = clock.after(HOLD_MS, goOnce);
      letGo = () => {
        callOffHold();
        letGo = nothing;
      };
      const own = letGo;
      function goOnce(): void {
        // Another link was followed since, or this one already.
        if (letGo !== own) return;
        letGo();
        go();
      }
      void Promise.all(awaited).then(goOnce);
    },
    stop() {
      callOff();
      next = null;
      callOffRest();
      isMoving = false;
      letGo();
    },
  };
}
