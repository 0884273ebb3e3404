import type { Run, RunEvent, RunHeader } from '../../domain/run/run.js';
import { concernsParent } from '../../domain/run/parent.js';
import { isRunFinished } from '../../domain/run/run.js';
import type { ApprovalRow, OutboxRow, Rows, RunRow } from './commit.js';

/**
 * The rows that take a run from `before` (null for a new one) to `after`. `hears` tells whether anybody is to be told about runs, `outside`
 * that the change does not come from the scheduler.
 */
export function rowsOfChange(
  before: Run | null,
  after: Run,
  events: readonly RunEvent[],
  options: { holder: string | null; hears: boolean; outside: boolean },
): Rows {
  const rows: Rows = { changes: [{ r: after.run_id, s: (before?.seq ?? 0) + 1, e: events }] };
  if (before === null || options.outside || headerChanged(before, after)) rows.runs = [runRow(after, options)];
  const approvals = approvalRows(before, after);
  if (approvals.length > 0) rows.approvals = approvals;
  const outbox = options.hears ? outboxRows(before?.seq ?? 0, after, events) : [];
  if (outbox.length > 0) rows.outbox = outbox;
  const wroteAt = writeInstant(events);
  if (wroteAt !== null && after.service_name !== null) rows.writes = [{ s: after.service_name, a: wroteAt }];
  if (isRunFinished(after.state) && (before === null || !isRunFinished(before.state))) {
    rows.finished = [after.run_id];
  }
  if (after.parent_run_id !== null && concernsParent(before, after)) rows.poke = [after.parent_run_id];
  return rows;
}

/** What lists tell of a run besides what it began with. */
export type Progress = Pick<
  RunHeader,
  | 'state'
  | 'reason'
  | 'outcome'
  | 'alert_ids'
  | 'aborted'
  | 'compensating'
  | 'cancel_requested'
  | 'alerts_resolved_at'
  | 'started_at'
  | 'finished_at'
  | 'retried_at'
>;

function progressOf(run: Run): Progress {
  const { state, reason, outcome, alert_ids, aborted, compensating, cancel_requested, alerts_resolved_at } = run;
  const { started_at, finished_at, retried_at } = run;
  return {
    state,
    reason,
    outcome,
    alert_ids,
    aborted,
    compensating,
    cancel_requested,
    alerts_resolved_at,
    started_at,
    finished_at,
    retried_at,
  };
}

function headerChanged(before: Run, after: Run): boolean {
  return (
    before.state !== after.state ||
    before.reason !== after.reason ||
    before.outcome !== after.outcome ||
    before.alert_ids !== after.alert_ids ||
    before.aborted !== after.aborted ||
    before.compensating !== after.compensating ||
    before.cancel_requested !== after.cancel_requested ||
    before.alerts_resolved_at !== after.alerts_resolved_at ||
    before.started_at !== after.started_at
  );
}

function runRow(run: Run, options: { holder: string | null; outside: boolean }): RunRow {
  return {
    r: run.run_id,
    p: run.playbook_id,
    v: run.playbook_version,
    n: run.service_name,
    g: run.group_key,
    dry: run.dry_run,
    st: run.state,
    oc: run.outcome,
    op: !isRunFinished(run.state),
    ca: run.created_at,
    fa: run.finished_at,
    d: progressOf(run),
    l: options.holder,
    pk: options.outside,
  };
}

/** Questions that were asked, answered or dropped by this change. */
function approvalRows(before: Run | null, after: Run): ApprovalRow[] {
  const rows: ApprovalRow[] = [];
  for (const step_id in after.steps) {
    const now = after.steps[step_id]?.approval ?? null;
    if (now === null) continue;
    const earlier = before?.steps[step_id]?.approval ?? null;
    if (now === earlier) continue;
    rows.push({ i: now.approval_id, r: after.run_id, t: step_id, st: now.state, at: now.requested_at, d: now });
  }
  return rows;
}

function outboxRows(seq: number, run: Run, events: readonly RunEvent[]): OutboxRow[] {
  const rows: OutboxRow[] = [];
  for (const [index, event] of events.entries()) {
    const row = { i: `${run.run_id}:${seq + index + 1}`, r: run.run_id, a: event.at };
    if (event.type === 'run_finished') rows.push({ ...row, k: 'report', s: null, m: event.reason ?? '' });
    if (event.type === 'notice') rows.push({ ...row, k: event.kind, s: event.step_id, m: event.message });
  }
  return rows;
}

function writeInstant(events: readonly RunEvent[]): string | null {
  for (const event of events) {
    const wrote = (event.type === 'step_succeeded' || event.type === 'step_failed') && event.change;
    if (wrote) return event.at;
  }
  return null;
}
