import { randomBytes } from 'node:crypto';
import type { Alert } from '../../src/domain/alert/alert.js';
import type { Decision } from '../../src/domain/decision/decision.js';
import { createIds } from '../../src/domain/id.js';
import type { NewRunHeader, Run, RunEvent } from '../../src/domain/run/run.js';
import type { NewRun } from '../../src/domain/run/run-store.js';
import type { DecidedBatch, Occurrence } from '../../src/domain/triage-store.js';
import { isStepFinished } from '../../src/domain/run/run.js';
import { fold } from '../../src/domain/run/transition.js';
import { anAlert } from './an-alert.js';

export const ids = createIds(
  () => Date.now(),
  (bytes) => randomBytes(bytes),
);

export const AT = '2026-11-21T10:00:00.000Z';

/** A playbook version as the store keeps it; runs of the tests hold this one. */
export const PLAYBOOK = {
  playbook: { playbook_id: 'PB-Test', tasks: [{ id: 'look', type: 'wait' }] },
  version: 'v1',
  file: 'test.yaml',
  source: 'playbook_id: PB-Test',
};

export function aNewRun(
  over: Partial<NewRunHeader> = {},
  holder: string | null = null,
  more: readonly RunEvent[] = [],
): NewRun {
  const header: NewRunHeader = {
    run_id: ids.next(),
    playbook_id: 'PB-Test',
    playbook_version: 'v1',
    playbook_name: 'Test',
    rule_id: 'R1',
    service_name: 'payment-gateway',
    group_key: ids.next(),
    mode: 'auto',
    dry_run: false,
    requested_by: 'rule:R1',
    parent_run_id: null,
    depth: 0,
    alert: null,
    ...over,
  };
  const events: RunEvent[] = [{ type: 'run_opened', at: AT, run: header }, ...more];
  return { run: fold(null, events), events, holder };
}

export function aStart(step_id: string, over: Partial<RunEvent & { type: 'step_started' }> = {}): RunEvent {
  return {
    type: 'step_started',
    at: AT,
    step_id,
    task_id: step_id,
    name: step_id,
    kind: 'wait',
    item_index: null,
    item: null,
    attempt: 1,
    effect: 'read',
    recorded_only: false,
    parameters: {},
    conditions: [],
    ...over,
  };
}

/** The end of a run, and of the steps that are still being done in it. */
export function finish(run: Run): { after: Run; events: RunEvent[] } {
  const open = Object.values(run.steps).filter((step) => !isStepFinished(step.state));
  const events: RunEvent[] = [
    ...open.map(({ step_id }): RunEvent => ({ type: 'step_cancelled', at: AT, step_id, reason: 'a test' })),
    { type: 'run_finished', at: AT, state: 'succeeded', outcome: 'nothing_done', reason: null },
  ];
  return { after: fold(run, events), events };
}

export function aDecision(over: Partial<Decision> = {}): Decision {
  return {
    action: 'drop',
    reason: 'no_match',
    rule_id: null,
    playbook_id: null,
    run_id: null,
    run_ids: [],
    until: null,
    by: null,
    explanation: 'a test',
    decided_at: AT,
    ...over,
  };
}

export function anOccurrence(alert: Alert, over: Partial<Occurrence> = {}): Occurrence {
  return {
    key: `${alert.source_system} ${alert.occurrence_id}`,
    open: true,
    alert_id: alert.alert_id,
    started_at: alert.timestamp,
    resolved_at: null,
    runs_used: 0,
    run_id: null,
    run_open: false,
    run_ids: [],
    content_hash: 'hash',
    content_alert_id: alert.alert_id,
    history: null,
    version: 0,
    ...over,
  };
}

export function aBatch(over: Partial<DecidedBatch> = {}): DecidedBatch {
  return {
    received_at: AT,
    alerts: [],
    repeats: [],
    occurrences: [],
    seen: [],
    runs: [],
    joins: [],
    poke: [],
    not_fixed: [],
    ...over,
  };
}

/** An alert that no other test has. */
export function aFreshAlert(over: Partial<Alert> = {}): Alert {
  return anAlert({ alert_id: ids.next(), fingerprint: ids.next(), ...over });
}
