import type { Alert } from '../domain/alert/alert.js';
import type { Occurrence } from '../domain/triage-store.js';
import type { Verdict } from './facts.js';

/** An alert as the stages have judged it. */
export interface Judged {
  readonly alert: Alert;
  readonly key: string;
  readonly verdict: Verdict;
  readonly before: Occurrence | null;
}

/** True for the first firing of a condition; false for repeats, and for what was held and is looked at again. */
export function isNewOccurrence({ alert, before }: Judged): boolean {
  return alert.status === 'firing' && before?.open !== true;
}

/** False for what somebody has said to leave alone, and for what says nothing new. */
export function concernsPeople(verdict: Verdict): boolean {
  if (verdict.type === 'hold') return !['silence', 'inhibition', 'maintenance_window'].includes(verdict.reason);
  return verdict.type === 'run' || verdict.reason === 'no_match' || verdict.reason === 'playbook_off';
}

/** True for a repeat after its run has ended: the run did not fix it. */
export function contradictsRun({ alert, before, verdict }: Judged): boolean {
  if (alert.status === 'resolved' || !before?.open || before.run_id === null || before.run_open) return false;
  return before.alert_id !== alert.alert_id && !(verdict.type === 'drop' && verdict.reason === 'resolved');
}

/** The occurrence that begins with an alert. */
export function newOccurrence(
  alert: Alert,
  key: string,
  content: Pick<Occurrence, 'content_hash' | 'content_alert_id'>,
): Occurrence {
  return {
    key,
    open: true,
    alert_id: alert.alert_id,
    started_at: alert.timestamp,
    resolved_at: null,
    runs_used: 0,
    run_id: null,
    run_open: false,
    run_ids: [],
    ...content,
    version: 0,
  };
}

/** The later of two instants. */
export function latest(a: string, b: string | null): string {
  return b === null || a > b ? a : b;
}
