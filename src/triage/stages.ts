import type { Alert } from '../domain/alert/alert.js';
import type { Facts, Stage, Verdict } from './facts.js';
import { filtered } from './filtered.js';
import { inhibition } from './inhibition.js';
import { maintenanceWindow } from './maintenance-window.js';
import { match } from './match.js';
import { told } from './momentary.js';
import { duplicate, late, resolved } from './occurrence.js';
import { silence } from './silence.js';

/** The order is the policy: the first stage that settles an alert wins. */
export const STAGES: readonly Stage[] = [
  resolved,
  told,
  late,
  duplicate,
  filtered,
  silence,
  maintenanceWindow,
  inhibition,
  match,
];

/** Takes an alert through the stages. The last one always settles it. */
export function judge(alert: Alert, facts: Facts): Verdict {
  for (const stage of STAGES) {
    const verdict = stage(alert, facts);
    if (verdict !== 'continue') return verdict;
  }
  throw new Error('the last stage settles every alert');
}
