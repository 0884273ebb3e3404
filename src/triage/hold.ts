import type { Decision, HoldReason } from '../domain/decision/decision.js';

/** Why nothing starts now, until when, and by what. */
export interface Hold {
  readonly reason: HoldReason;
  readonly until: string;
  readonly by: string;
  readonly explanation: string;
}

/** The hold that ends first: then the alert is looked at again. */
export function soonest<Any extends { readonly until: string }>(holds: readonly Any[]): Any | undefined {
  return [...holds].sort((a, b) => (a.until < b.until ? -1 : 1))[0];
}

/** The decision that a hold is. */
export function heldBy(
  base: Decision,
  { reason, until, by, explanation }: Omit<Hold, 'until'> & { readonly until: string | null },
): Decision {
  return { ...base, action: 'hold', reason, until, by, explanation };
}
