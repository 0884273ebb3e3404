import { useCallback, useEffect, useRef, useState } from 'react';
import type { ConnectionChecks } from '../../../domain/api/connection.js';
import { useApi } from '../../api/context.js';

/** How a test of a connection stands. */
export type Check =
  | { readonly state: 'under_way' }
  | { readonly state: 'done'; readonly checks: ConnectionChecks; readonly at: string }
  | { readonly state: 'refused'; readonly error: unknown };

/** Tests of connections by their address in the API: one by one, or all after each other. */
export interface Checks {
  readonly of: (address: string) => Check | null;
  readonly run: (address: string) => Promise<void>;
  readonly runAll: (addresses: readonly string[]) => Promise<void>;
  readonly isBusy: boolean;
}

/** The service gives up after some 20 seconds, and may have to wait for another test before. */
const WITHIN_MS = 45_000;

/** Keeps what tests have found while the page is there; leaving it ends what is under way. */
export function useChecks(): Checks {
  const api = useApi();
  const [known, setKnown] = useState<ReadonlyMap<string, Check>>(new Map());
  const [isBusy, setBusy] = useState(false);
  const gone = useRef<AbortController | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    gone.current = controller;
    return () => controller.abort();
  }, []);
  const run = useCallback(
    async (address: string): Promise<void> => {
      const signal = gone.current?.signal;
      const keep = (check: Check): void => setKnown((before) => new Map(before).set(address, check));
      keep({ state: 'under_way' });
      try {
        const checks = await api.request<ConnectionChecks>('POST', address, { signal, within_ms: WITHIN_MS });
        keep({ state: 'done', checks, at: new Date().toISOString() });
      } catch (error) {
        if (signal?.aborted !== true) keep({ state: 'refused', error });
      }
    },
    [api],
  );
  const runAll = useCallback(
    async (addresses: readonly string[]): Promise<void> => {
      setBusy(true);
      for (const address of addresses) {
        if (gone.current?.signal.aborted === true) return;
        await run(address);
      }
      setBusy(false);
    },
    [run],
  );
  return { of: (address) => known.get(address) ?? null, run, runAll, isBusy };
}
