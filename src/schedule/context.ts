import type { Alert } from '../domain/alert/alert.js';
import type { Clock } from '../domain/clock.js';
import type { AttemptContext, ReadyExecutor } from '../domain/executor.js';
import type { IncidentBrief } from '../domain/incident/incident.js';
import type { Intent } from '../domain/run/outcome.js';
import type { AskCondition } from '../domain/run/proof.js';
import type { Run } from '../domain/run/run.js';
import type { Cancel } from './cancel.js';
import type { AttemptEnd } from './conclude.js';
import type { Plan } from './plan.js';
import type { Prepared } from './prepare.js';
import type { SecretVault } from './secrets.js';

/** Tells the incident of an alert as it is now; null where it belongs to none. */
export type AskIncident = (alert: Alert) => Promise<IncidentBrief | null>;

/** What an attempt needs from around it. */
export interface AttemptDeps {
  readonly executor: (kind: string) => ReadyExecutor | undefined;
  readonly clock: Clock;
  readonly vault: SecretVault;
  readonly plan: Plan;
  /** Asks the system that raised an alert about its condition; null when nobody can be asked. */
  readonly condition: (alert: Alert) => AskCondition | null;
  /** Asked only where a playbook names its incident; absent: there is none. */
  readonly incident?: AskIncident | undefined;
  /** Why a write must not begin now; null when it may. Asked right before the intent is recorded. */
  readonly guard: (run: Run) => Promise<AttemptEnd | null>;
  /** Makes the intent durable; anything but `recorded` says why this attempt must do nothing. */
  readonly recordIntent: (step_id: string, intent: Intent) => Promise<IntentAnswer>;
}

/** `gone`: the run has gone on without this attempt, or is not this worker's any more. */
export type IntentAnswer = 'recorded' | 'paused' | 'resolved' | 'gone';

/** The input with its secrets put in, each encoded for the place it stands in. It goes to the executor and nowhere else. */
export function revealedInput(vault: SecretVault, prepared: Prepared, { spec }: ReadyExecutor): unknown {
  return vault.reveal(prepared.input, (key) => (spec.encode?.[key] === 'url' ? encodeURIComponent : null));
}

/** What an executor is told of an attempt besides its input. The signal is made for those who look at it. */
export function contextOf(run: Run, prepared: Prepared, control: Pick<Cancel, 'signal'>): AttemptContext {
  return {
    run_id: run.run_id,
    step_id: prepared.step_id,
    attempt: prepared.attempt,
    waited: prepared.waited,
    alert: run.alert,
    idempotency_key: prepared.planned.undo
      ? `${run.run_id}:${writerOf(prepared.step_id)}:undo`
      : `${run.run_id}:${prepared.step_id}:do`,
    get signal() {
      return control.signal;
    },
    // What only waits is not waited for in a dry run; a shadow looks at the world when it would have looked.
    dry_run: prepared.recorded_only || run.dry_run,
    intent: null,
  };
}

/** The step whose write an undo step takes back. */
export function writerOf(undo_step_id: string): string {
  return undo_step_id.replace(/:undo$/, '');
}
