import type { Intent } from '../domain/run/outcome.js';
import type { Run } from '../domain/run/run.js';
import type { Plan } from './plan.js';

interface LeftBehind {
  /** Steps whose attempt is made again: it changed nothing, or does no harm twice. */
  readonly lost: readonly string[];
  /** Writes of which nobody knows whether they took place. */
  readonly doubtful: readonly { readonly step_id: string; readonly intent: Intent }[];
}

/** What becomes of the attempts of a run whose worker is gone; `isHere` tells which ones are under way in this process. */
export function leftBehind(run: Run, plan: Plan, isHere: (step_id: string) => boolean): LeftBehind {
  const lost: string[] = [];
  const doubtful: { step_id: string; intent: Intent }[] = [];
  for (const step of Object.values(run.steps)) {
    if (step.state !== 'running' || step.kind === 'foreach' || isHere(step.step_id)) continue;
    const planned = plan.byId.get(step.task_id);
    // Executors take back under the same key as often as they are asked.
    const harmless = planned?.idempotent === true || planned?.undo?.by_itself === true;
    if (step.effect !== 'write' || step.recorded_only || step.intent === null || harmless) lost.push(step.step_id);
    else doubtful.push({ step_id: step.step_id, intent: step.intent });
  }
  return { lost, doubtful };
}
