import type { Stage } from './facts.js';

/** A resolve ends its occurrence and starts nothing. */
export const resolved: Stage = (alert, { occurrence }) => {
  if (alert.status !== 'resolved') return 'continue';
  const explanation = occurrence?.open
    ? `the condition that alert ${occurrence.alert_id} reported has ended`
    : 'the condition has ended; no open occurrence of it was known';
  return { type: 'drop', reason: 'resolved', by: occurrence ? `alert:${occurrence.alert_id}` : null, explanation };
};

/** A firing that began before its occurrence's recorded end was overtaken by the resolve. */
export const late: Stage = (alert, { occurrence }) => {
  if (alert.momentary === true) return 'continue';
  // It was held, and while it was, its condition ended and began anew: that is another alert's story.
  if (occurrence?.open && alert.alert_id < occurrence.alert_id && alert.timestamp < occurrence.started_at)
    return {
      type: 'drop',
      reason: 'resolved',
      by: `alert:${occurrence.alert_id}`,
      explanation: `its condition has ended since, and began anew with alert ${occurrence.alert_id}`,
    };
  if (!occurrence || occurrence.open || occurrence.resolved_at === null || alert.timestamp > occurrence.resolved_at)
    return 'continue';
  return {
    type: 'drop',
    reason: 'resolved',
    by: `alert:${occurrence.alert_id}`,
    explanation: `it began at ${alert.timestamp}, and its condition ended at ${occurrence.resolved_at}: it came late`,
  };
};

/** A repeat of an occurrence whose run is open, or which has used its runs up. */
export const duplicate: Stage = (alert, { occurrence, maxRunsPerOccurrence }) => {
  if (!occurrence?.open || occurrence.run_id === null) return 'continue';
  const by = `alert:${occurrence.alert_id}`;
  // The first alert itself was held when one that repeats it started the run.
  const repeats =
    occurrence.alert_id === alert.alert_id
      ? 'was repeated while it was held, and'
      : `repeats alert ${occurrence.alert_id};`;
  if (occurrence.run_open)
    return {
      type: 'drop',
      reason: 'duplicate',
      by,
      explanation: `${repeats} run ${occurrence.run_id} is under way`,
    };
  if (occurrence.runs_used < maxRunsPerOccurrence) return 'continue';
  return {
    type: 'drop',
    reason: 'duplicate',
    by,
    explanation: `${repeats} run ${occurrence.run_id} did not fix it, and max_runs_per_occurrence is ${maxRunsPerOccurrence}`,
  };
};
