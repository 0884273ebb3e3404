import type { CheckedPlaybook } from '../../domain/playbook/playbook.js';
import type { Rule } from '../../domain/rule/rule.js';
import type { Step } from '../../domain/run/run.js';
import type { StoredAlert } from '../../domain/decision/alert-view.js';
import type { SuppressionContent } from '../../domain/suppression/suppression-set.js';
import type { Parts } from '../parts.js';
import type { RehearsedLimits } from '../world.js';

/** What is replayed, and through what. */
export interface Replay {
  readonly parts: Parts;
  /** As they were received, the oldest first. */
  readonly alerts: readonly StoredAlert[];
  readonly truncated: boolean;
  readonly since: string;
  /** The present: what is held then stays held, for nobody knows what comes. */
  readonly until: string;
  readonly playbooks: ReadonlyMap<string, CheckedPlaybook>;
  readonly rules: readonly Rule[];
  readonly suppressions: SuppressionContent;
  readonly limits: RehearsedLimits;
  readonly max_runs_per_occurrence: number;
  /** The steps of a run that really took place; null when it is not kept any more. */
  readonly recorded: (
    run_id: string,
  ) => Promise<{ readonly playbook_id: string; readonly steps: readonly Step[] } | null>;
  /** Ends it early. */
  readonly signal: AbortSignal;
}
