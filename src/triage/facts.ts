import type { Alert } from '../domain/alert/alert.js';
import type { FiringSources } from '../domain/suppression/inhibition.js';
import type { Mode } from '../domain/playbook/playbook.js';
import type { Rule } from '../domain/rule/rule.js';
import type { Occurrence } from '../domain/triage-store.js';
import type { Suppressed, SuppressionSet } from '../domain/suppression/suppression-set.js';
import type { Hold } from './hold.js';

/** What the stages may know about one alert. Everything is looked up before; a stage reads no clock and asks nobody. */
export interface Facts {
  readonly now: string;
  /** Of the occurrence that this alert speaks of. */
  readonly key: string;
  /** What holds alerts back, and what fires and does; null while nothing does. */
  readonly suppression: { readonly set: SuppressionSet; readonly firing: FiringSources } | null;
  /** The occurrence that this alert speaks of, as it is before the alert; null when it was never heard of. */
  readonly occurrence: Occurrence | null;
  /** Rules that match, in their order; looked up only when a stage asks. */
  readonly matching: () => readonly Rule[];
  /** Null for a playbook that is not there (its file broke before it was ever good). */
  readonly modeOf: (playbook_id: string) => Mode | null;
  /** When the service was last written to by any run; null when it never was. */
  readonly lastWrite: string | null;
  /** Why the condition is taken to come and go; null when it does not. */
  readonly flapping: () => Hold | null;
  /** Whether the alert would join a run of this rule's playbook that is open. */
  readonly joins: (rule: Rule) => boolean;
  readonly maxRunsPerOccurrence: number;
}

/** What a stage settles: the alert's end, or the rules whose playbooks are to run. */
export type Verdict =
  | {
      readonly type: 'drop';
      readonly reason: 'duplicate' | 'resolved' | 'no_match' | 'filtered';
      readonly by: string | null;
      readonly explanation: string;
    }
  | {
      readonly type: 'drop';
      readonly reason: 'playbook_off';
      readonly rule: Rule;
      readonly by: string;
      readonly explanation: string;
    }
  /** With the rule that would have started something now. */
  | ({ readonly type: 'hold'; readonly rule: Rule } & Hold)
  /** Before any rule was asked. */
  | ({ readonly type: 'hold' } & Suppressed)
  | { readonly type: 'run'; readonly rules: readonly Rule[]; readonly notes: readonly string[] };

/** One step of the policy. Pure. */
export type Stage = (alert: Alert, facts: Facts) => Verdict | 'continue';
