import type { Settings } from '../config.js';
import type { Alert } from '../domain/alert/alert.js';
import type { ForeseenStage, Foresight } from '../domain/decision/foresight.js';
import { compileIntake } from '../ingest/intake-entries.js';
import type { IntakeWork } from '../ingest/intake-entries.js';
import type { Enrich } from './metric-lookup.js';
import type { OpenLimits } from './open-limits.js';
import { foresee } from '../triage/foresee.js';
import type { ForeseeDeps } from '../triage/foreseen-stages.js';

interface ForesightParts extends Omit<ForeseeDeps, 'limits' | 'maxRunsPerOccurrence'> {
  readonly glance: OpenLimits['glance'];
  readonly enrich: () => Enrich | null;
}

/** Tells what would become of an alert if it came now, from the intake to its decision. Nothing is written, counted or started. */
export function openForesight(
  settings: Pick<Settings, 'intake' | 'metric_from_text' | 'max_runs_per_occurrence'>,
  { glance, enrich, ...parts }: ForesightParts,
): (alert: Alert) => Promise<Foresight> {
  const work = compileIntake(settings.intake, settings.metric_from_text);
  return async (came) => {
    const taken = takeIn(came, work, settings.intake.length > 0);
    const asked = await askFigure(taken.alert, enrich());
    const limits = await glance();
    const seen = await foresee(asked.alert, {
      ...parts,
      limits,
      maxRunsPerOccurrence: settings.max_runs_per_occurrence,
    });
    return { alert: asked.alert, decision: seen.decision, stages: [...taken.stages, ...asked.stages, ...seen.stages] };
  };
}

interface Passed {
  readonly alert: Alert;
  readonly stages: readonly ForeseenStage[];
}

function takeIn(came: Alert, work: IntakeWork | null, hasEntries: boolean): Passed {
  const payload = work?.(came.source_system, { alerts: [came], rejected: [], remarks: [] });
  const parsed = payload?.alerts[0] ?? came;
  const alert: Alert = { ...came, ...parsed };
  const remarks = (payload?.remarks ?? []).map((remark) => `; ${remark}`).join('');
  if (alert.filtered) return { alert, stages: [stage('intake', 'drops', alert.filtered)] };
  const changed = Object.keys(alert.original ?? {});
  if (changed.length > 0)
    return {
      alert,
      stages: [stage('intake', 'changes', { by: null, explanation: `it changes ${changed.join(', ')}${remarks}` })],
    };
  const explanation = hasEntries
    ? `no entry of intake concerns what ${came.source_system} sends so${remarks}`
    : `there are no entries of intake${remarks}`;
  return { alert, stages: [stage('intake', 'passes', { by: null, explanation })] };
}

async function askFigure(came: Alert, enrich: Enrich | null): Promise<Passed> {
  if (enrich === null || came.metric_value !== null || came.status === 'resolved' || came.filtered)
    return { alert: came, stages: [] };
  const [alert = came] = await enrich([came]);
  if (alert === came) return { alert, stages: [] };
  const explanation = alert.annotations['metric_query'] ?? '';
  const found = alert.metric_value !== null;
  const told = found ? `metric_value is ${alert.metric_value ?? ''}, by ${explanation}` : explanation;
  return { alert, stages: [stage('metric_query', found ? 'changes' : 'passes', { by: null, explanation: told })] };
}

function stage(
  name: ForeseenStage['stage'],
  verdict: ForeseenStage['verdict'],
  { by, explanation }: { readonly by: string | null; readonly explanation: string },
): ForeseenStage {
  return { stage: name, verdict, rule_id: null, by, until: null, explanation };
}
