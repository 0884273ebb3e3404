import type { Alert } from '../domain/alert/alert.js';
import type { FlapHistory, Occurrence } from '../domain/triage-store.js';
import { flapHold, flapKey, historyOfFiring, historyOfResolve, withChange } from './flapping.js';
import type { FlapPolicy } from './flapping.js';
import type { Hold } from './hold.js';
import type { Starts } from './starts.js';

/** What comes and goes, as one batch sees it. Conditions whose occurrences have ids of their own are remembered beside them. */
export class Flaps {
  readonly #starts: Starts;
  readonly #policy: FlapPolicy | null;
  readonly #now: string;

  constructor(starts: Starts, policy: FlapPolicy | null, now: string) {
    this.#starts = starts;
    this.#policy = policy;
    this.#now = now;
  }

  /** What has to be looked up for an alert. */
  budgetKeys(alert: Alert): string[] {
    const apart = this.#policy && flapKey(alert);
    return apart === null ? [] : [apart];
  }

  /** Why an alert starts nothing for now; null when its condition is no more restless than others. */
  hold(alert: Alert, before: Occurrence | null): Hold | null {
    const policy = this.#policy;
    if (!policy || alert.momentary === true) return null;
    return flapHold(alert, this.#changesOf(alert, before, policy), policy, this.#now);
  }

  /** Notes what the alert changes; answers what its occurrence keeps of it: something only where the condition has come back. */
  note(alert: Alert, before: Occurrence | null): Pick<Occurrence, 'history'> {
    const policy = this.#policy;
    if (!policy || alert.momentary === true) return {};
    const apart = flapKey(alert);
    if (apart !== null) {
      const hasChanged = (alert.status === 'firing') !== (before?.open === true);
      const known = this.#starts.historyOf(apart, policy);
      if (hasChanged) this.#starts.noteHistory(apart, withChange(known, this.#now, policy), policy);
      return {};
    }
    if (before === null) return {};
    if (alert.status === 'firing') return { history: historyOfFiring(before, this.#now, policy) };
    return { history: before.open ? historyOfResolve(before, this.#now, policy) : (before.history ?? null) };
  }

  /** How often its condition has come and gone, with this alert. */
  #changesOf(alert: Alert, before: Occurrence | null, policy: FlapPolicy): FlapHistory | null {
    const apart = flapKey(alert);
    if (apart === null) return historyOfFiring(before, this.#now, policy);
    const known = this.#starts.historyOf(apart, policy);
    return before?.open === true ? known : withChange(known, this.#now, policy);
  }
}
