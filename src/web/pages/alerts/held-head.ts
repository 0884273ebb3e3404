import { useCallback, useState } from 'react';

/** A list whose new entries wait above it until somebody wants them. */
export interface HeldHead<T> {
  readonly shown: readonly T[];
  /** How many wait above. */
  readonly fresh: number;
  readonly take: () => void;
}

/**
 * Holds back what is new at the head of a list while `isHeld()`: what is being read or aimed at stays where it is. Changes of what is
 * shown already come through.
 */
export function useHeldHead<T>(items: readonly T[], idOf: (item: T) => string, isHeld: () => boolean): HeldHead<T> {
  const [firstId, setFirstId] = useState<string | null>(null);
  const place = firstId === null ? 0 : items.findIndex((item) => idOf(item) === firstId);
  const newest = items[0];
  const newestId = newest === undefined ? null : idOf(newest);
  // A head that is gone (another filter, a list that began again) holds nothing back.
  const fresh = Math.max(0, place);
  if (newestId !== firstId && (place <= 0 || !isHeld())) setFirstId(newestId);
  const take = useCallback(() => setFirstId(null), []);
  return { shown: fresh === 0 ? items : items.slice(fresh), fresh, take };
}
