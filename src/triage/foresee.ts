import type { Alert } from '../domain/alert/alert.js';
import { instant } from '../domain/clock.js';
import type { Decision } from '../domain/decision/decision.js';
import type { ForeseenDecision, Foresight } from '../domain/decision/foresight.js';
import type { Ids } from '../domain/id.js';
import type { RunEvent } from '../domain/run/run.js';
import { fold } from '../domain/run/transition.js';
import type { Occurrence } from '../domain/triage-store.js';
import { BatchDecision } from './batch-decision.js';
import { TriageCache } from './cache.js';
import { occurrenceKey } from './content.js';
import { foreseenStages } from './foreseen-stages.js';
import type { ForeseeDeps, Joins } from './foreseen-stages.js';
import { NO_LIMITS } from './limits.js';

/** The id of runs that nobody starts. */
const NOT_STARTED = 'not-started';
const NO_IDS: Ids = { next: () => NOT_STARTED, batch: () => NOT_STARTED };

/**
 * What would become of an alert if it came now: the decision by the very stages that decide, on what the store says at this moment, and what each
 * of them says by itself. Nothing is committed, counted or remembered.
 */
export async function foresee(alert: Alert, deps: ForeseeDeps): Promise<Omit<Foresight, 'alert'>> {
  const { store, clock } = deps;
  const now = instant(clock.now());
  const key = occurrenceKey(alert);
  const [occurrence = null] = await store.occurrences([key]);
  const { stages, joins } = await foreseenStages({ alert, key, occurrence, now }, deps);
  return { decision: withoutRuns(await decisionOn(alert, occurrence, now, deps), joins), stages };
}

async function decisionOn(
  alert: Alert,
  occurrence: Occurrence | null,
  now: string,
  deps: ForeseeDeps,
): Promise<{ readonly made: Decision; readonly opened: readonly string[] }> {
  const { store, policy, maxRunsPerOccurrence } = deps;
  const cache = new TriageCache();
  if (occurrence) cache.remember(occurrence);
  const opened: string[] = [];
  const batch = new BatchDecision({
    alerts: [alert],
    // A repeat that is kept as one line has no decision in words.
    kept: true,
    cache,
    policy: policy(),
    open: (run) => {
      opened.push(run.playbook_id);
      const events: RunEvent[] = [{ type: 'run_opened', at: now, run }];
      return { run: { run: fold(null, events), events, holder: null }, go: () => undefined };
    },
    maxRunsPerOccurrence,
    suppressions: deps.suppressions ?? null,
    limits: deps.limits ?? NO_LIMITS,
    ids: NO_IDS,
    now,
  });
  await batch.refreshRuns(store);
  await batch.lookUp(store);
  const [decided] = batch.decide().alerts;
  if (!decided) throw new Error('an alert was not decided');
  return { made: decided.decision, opened };
}

/** A decision without what only a real one has: runs that have begun. */
function withoutRuns({ made, opened }: Awaited<ReturnType<typeof decisionOn>>, joins: Joins): ForeseenDecision {
  const { action, reason, rule_id, playbook_id, until, by } = made;
  const joined = action === 'drop' ? [] : made.run_ids.flatMap((run_id) => joins.get(run_id) ?? []);
  return {
    ...{ action, reason, rule_id, playbook_id, until, by },
    playbook_ids: [...new Set([...opened, ...joined])],
    run_id: made.run_id === NOT_STARTED ? null : made.run_id,
    explanation: made.explanation.replaceAll(`run ${NOT_STARTED} of`, 'a new run of'),
  };
}
