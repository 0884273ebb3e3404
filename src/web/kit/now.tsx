import { createContext, useCallback, useContext, useMemo, useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';

interface Ticker {
  subscribe(every_ms: number, onTick: () => void): () => void;
  now(every_ms: number): number;
}

/** One timer for each pace that somebody needs; a page that nobody looks at stands still. */
function createTicker(): Ticker {
  const paces = new Map<number, { now: number; timer: number; readonly listeners: Set<() => void> }>();
  return {
    subscribe(every_ms, onTick) {
      let pace = paces.get(every_ms);
      if (pace === undefined) {
        const fresh = { now: Date.now(), timer: 0, listeners: new Set<() => void>() };
        fresh.timer = window.setInterval(() => {
          if (document.hidden) return;
          fresh.now = Date.now();
          for (const listener of fresh.listeners) listener();
        }, every_ms);
        paces.set(every_ms, fresh);
        pace = fresh;
      }
      pace.listeners.add(onTick);
      return () => {
        pace.listeners.delete(onTick);
        if (pace.listeners.size > 0) return;
        window.clearInterval(pace.timer);
        if (paces.get(every_ms) === pace) paces.delete(every_ms);
      };
    },
    now(every_ms) {
      // Before the first subscription: the same answer for the whole of one rendering.
      return paces.get(every_ms)?.now ?? Math.floor(Date.now() / every_ms) * every_ms;
    },
  };
}

const TickerContext = createContext<Ticker | null>(null);

/** Lets everything inside know what time it is. */
export function TickerProvider({ children }: { readonly children: ReactNode }) {
  const ticker = useMemo(createTicker, []);
  return <TickerContext.Provider value={ticker}>{children}</TickerContext.Provider>;
}

/** Now, in milliseconds since the epoch; renders again at this pace, while somebody looks. */
export function useNow(every_ms = 10_000): number {
  const ticker = useContext(TickerContext);
  if (ticker === null) throw new Error('useNow is for components inside TickerProvider');
  const subscribe = useCallback((onTick: () => void) => ticker.subscribe(every_ms, onTick), [ticker, every_ms]);
  const now = useCallback(() => ticker.now(every_ms), [ticker, every_ms]);
  return useSyncExternalStore(subscribe, now);
}
