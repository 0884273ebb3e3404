/** How many replicas an object may have. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** What a task asks for: a number, or a difference. Exactly one is set. */
export interface Asked {
  readonly replicas?: number | undefined;
  readonly replicas_increase?: number | undefined;
  readonly replicas_decrease?: number | undefined;
}

/** The number to set, and in `reason` the guard that clipped it, if one did; or why it is refused. */
export type Aim =
  | { readonly type: 'aim'; readonly to: number; readonly reason: string | null }
  | { readonly type: 'refused'; readonly reason: string };

/** The tighter of two pairs of bounds on each side: a playbook may narrow what the configuration allows, never widen it. */
export function narrower(
  one: { readonly min_replicas?: number | undefined; readonly max_replicas?: number | undefined },
  other: { readonly min_replicas?: number | undefined; readonly max_replicas?: number | undefined },
): Bounds {
  return {
    min: Math.max(one.min_replicas ?? 0, other.min_replicas ?? 0),
    max: Math.min(one.max_replicas ?? Infinity, other.max_replicas ?? Infinity),
  };
}

/**
 * Where to go from `current`. A difference is clipped at the bound, and means nothing to do at the bound; a number outside of the
 * bounds is refused. A difference never moves against its own direction.
 */
export function aimOf(asked: Asked, current: number, bounds: Bounds): Aim {
  const { min, max } = bounds;
  if (min > max) return { type: 'refused', reason: `guard min_replicas ${min} is above guard max_replicas ${max}` };
  const wish = asked.replicas ?? current + (asked.replicas_increase ?? 0) - (asked.replicas_decrease ?? 0);
  if (asked.replicas_increase !== undefined) {
    if (current >= max)
      return { type: 'aim', to: current, reason: `guard max_replicas: it has ${current} and may have at most ${max}` };
    if (wish > max)
      return { type: 'aim', to: max, reason: `guard max_replicas: ${wish} would be above ${max}, so it stops there` };
  }
  if (asked.replicas_decrease !== undefined) {
    if (current <= min)
      return {
        type: 'aim',
        to: current,
        reason: `guard min_replicas: it has ${current} and must have at least ${min}`,
      };
    if (wish < min)
      return { type: 'aim', to: min, reason: `guard min_replicas: ${wish} would be below ${min}, so it stops there` };
  }
  const broken = brokenGuard(wish, bounds);
  return broken === null ? { type: 'aim', to: wish, reason: null } : { type: 'refused', reason: broken };
}

/** The guard that this number of replicas would break; null when it breaks none. */
export function brokenGuard(replicas: number, bounds: Bounds): string | null {
  if (replicas < bounds.min) return `guard min_replicas: ${replicas} is below ${bounds.min}`;
  if (replicas > bounds.max) return `guard max_replicas: ${replicas} is above ${bounds.max}`;
  return null;
}
