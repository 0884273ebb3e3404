import type { Alert } from '../alert/alert.js';

/** The step that looks at the alert's own condition. */
export const PROOF_ID = 'alert:verify';

/** What was asked and what came: the query, the address without credentials, series and values. Bounded JSON, free of secrets. */
export type Evidence = Readonly<Record<string, unknown>>;

/**
 * What the system that raised an alert says about its condition now. `holds`: it is still true. `over`: it was looked at, there is data,
 * and it is false. `no_data`: nobody can tell from what came; silence is not health. `unavailable`: the system that was configured to be
 * asked does not answer, or not in full.
 */
export type ConditionAnswer =
  | { readonly type: 'holds'; readonly evidence: Evidence }
  | { readonly type: 'over'; readonly evidence: Evidence }
  | { readonly type: 'no_data'; readonly reason: string; readonly evidence: Evidence }
  | { readonly type: 'unavailable'; readonly reason: string };

/** Asks once about one alert's condition. It rejects only when it is itself broken, and ends soon after its signal is aborted. */
export type AskCondition = (signal: AbortSignal) => Promise<ConditionAnswer>;

/** A configured system that can tell whether the condition of an alert still holds. */
export interface ConditionSource {
  /** Null when this source cannot ask for this alert: no expression, or another system's alert. Nothing is dialled before the question. */
  asker(alert: Alert): AskCondition | null;
}

/** The first source that can ask for this alert; null when none can, and then nothing is asked. */
export function firstAsker(sources: readonly ConditionSource[], alert: Alert): AskCondition | null {
  for (const source of sources) {
    const asker = source.asker(alert);
    if (asker !== null) return asker;
  }
  return null;
}
