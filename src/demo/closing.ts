import { formatMs } from '../domain/duration.js';
import type { RunState } from '../domain/run/run.js';

/** What has to be known for the last lines of the demo; null is what did not happen. */
export interface Ending {
  readonly service: string;
  readonly run: {
    readonly run_id: string;
    readonly name: string;
    readonly state: RunState;
    /** `2 → 3`; null when nothing was scaled. */
    readonly replicas: string | null;
    readonly finished_at: string | null;
  } | null;
  readonly resolved_at: string | null;
  readonly report: { readonly to: readonly string[]; readonly subject: string } | null;
}

/** The end of the story, in one line a fact. */
export function closingLines({ service, run, resolved_at, report }: Ending): string[] {
  return [
    `run       ${run ? `${run.run_id} ${run.name} ${run.state}` : 'did not start'}`,
    `replicas  ${run?.replicas ? `${service} ${run.replicas}` : 'unchanged'}`,
    `alert     ${resolved_at === null ? 'still firing' : `resolved${afterTheRun(run?.finished_at ?? null, resolved_at)}`}`,
    `report    ${report ? `sent to ${report.to.join(', ')}: ${report.subject}` : 'not sent'}`,
  ];
}

/** A report tells what was known when the run ended. Monitoring looks every few seconds, so the resolve comes a little later. */
function afterTheRun(finished_at: string | null, resolved_at: string): string {
  const later = finished_at === null ? 0 : Date.parse(resolved_at) - Date.parse(finished_at);
  if (later <= 0) return '';
  return `, ${formatMs(later)} after the run ended: the report was written before that and says "still firing"`;
}

/** True when all of it went well: the run succeeded and scaled, the alert resolved, the report arrived. */
export function wentWell({ run, resolved_at, report }: Ending): boolean {
  return run?.state === 'succeeded' && run.replicas !== null && resolved_at !== null && report !== null;
}
