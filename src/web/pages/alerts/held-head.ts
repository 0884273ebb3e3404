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
  const [headId, setHeadId] = useState<string | null>(null);
  const fresh = freshOf(items, idOf, headId);
  const [newest] = items;
  const newestId = newest === undefined ? null : idOf(newest);
  // During the rendering, so that what may be seen at once is never drawn without.
  if (newestId !== headId && (fresh === 0 || !isHeld())) setHeadId(newestId);
  const take = useCallback(() => setHeadId(null), []);
  return { shown: fresh === 0 ? items : items.slice(fresh), fresh, take };
}

/** How many items are newer than the one that was at the head; none when that is gone, as after another filter. */
export function freshOf<T>(items: readonly T[], idOf: (item: T) => string, headId: string | null): number {
  return headId === null
    ? 0
    : Math.max(
        0,
        items.findIndex((item) => idOf(item) === headId),
      );
}
