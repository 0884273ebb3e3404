import type { Alert } from '../../domain/alert/alert.js';
import type { Path } from './path.js';

/** A path as numbered steps for people. */
export function wordsOf(path: Path, alert: Alert): string[] {
  const value = alert.metric_value === null ? 'no figure' : String(alert.metric_value);
  const steps = [`alert ${alert.alert_name} of ${alert.service_name ?? 'no service'} comes, with ${value}`];
  for (const { point, option } of path.turns) if (option.words !== '') steps.push(`${point.subject} ${option.words}`);
  const [run] = path.runs;
  if (run && path.complete) steps.push(`the run is ${run.state}${run.reason === null ? '' : `: ${run.reason}`}`);
  return steps.map((step, index) => `${index + 1}. ${step}`);
}
