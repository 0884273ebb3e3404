interface Where {
  /** How many links stand before the list. */
  readonly count: number;
  /** Which of them has the focus; -1 for none. */
  readonly at: number;
  /** The chosen row of the list; -1 for none. */
  readonly chosen: number;
}

/** Which of the links before a list is gone to by one step, down (1) or up (-1); null where the list itself is to move. */
export function stepBefore({ count, at, chosen }: Where, by: number): number | null {
  if (count === 0) return null;
  if (at >= 0) return at + by < count ? Math.max(at + by, 0) : null;
  if (chosen < 0) return 0;
  return chosen === 0 && by < 0 ? count - 1 : null;
}
