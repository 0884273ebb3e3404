import { instant } from '../../src/domain/clock.js';
import type { Run, RunEvent, Step, StoredEvent } from '../../src/domain/run/run.js';
import { fold } from '../../src/domain/run/transition.js';
import { anAlert } from './an-alert.js';

type Opened = Extract<RunEvent, { readonly type: 'run_opened' }>['run'];

/** An event without its time: the story gives it one. */
export type Told = RunEvent extends infer Event ? (Event extends RunEvent ? Omit<Event, 'at'> : never) : never;

const BEGIN = Date.parse('2026-11-21T14:02:07.000Z');
export const RUN_ID = '01KAJ0000000000000000RVN01';

/** A run as a view answers it, and its events. */
export interface Story {
  readonly run: Omit<Run, 'steps'> & { readonly steps: readonly Step[] };
  readonly events: readonly StoredEvent[];
}

/** Tells a run event by event, one a second, folded by the real state machine: what comes out is what would be stored. */
export function aStory(over: Partial<Opened>, told: readonly Told[]): Story {
  const opened: Opened = {
    run_id: RUN_ID,
    playbook_id: 'PB-Payment-Troubleshoot',
    playbook_version: 'f00d',
    playbook_name: '支付网关高延迟故障排查',
    rule_id: 'R002',
    service_name: 'payment-gateway',
    group_key: 'g',
    mode: 'auto',
    dry_run: false,
    parent_run_id: null,
    depth: 0,
    requested_by: 'rule:R002',
    alert: anAlert(),
    ...over,
  };
  const events = [{ type: 'run_opened', run: opened }, ...told].map(
    (event, index) => ({ ...event, at: instant(BEGIN + index * 1_000) }) as RunEvent, // `Told` is every event but its time
  );
  const { steps, ...run } = fold(null, events);
  return {
    run: { ...run, steps: Object.values(steps) },
    events: events.map((event, index) => ({ ...event, seq: index + 1, run_id: opened.run_id })),
  };
}

/** A step begins: its first attempt. */
export function begun(
  step_id: string,
  effect: 'read' | 'write' | 'notify',
  over: {
    readonly name?: string;
    readonly recorded_only?: boolean;
    readonly kind?: string;
    readonly item?: { readonly task_id: string; readonly index: number };
  } = {},
): Told {
  return {
    type: 'step_started',
    step_id,
    task_id: over.item?.task_id ?? step_id,
    name: over.name ?? step_id,
    kind: over.kind ?? (effect === 'write' ? 'kubernetes_scale' : 'api_call'),
    item_index: over.item?.index ?? null,
    item: null,
    attempt: 1,
    effect,
    recorded_only: over.recorded_only ?? false,
    parameters: {},
    conditions: [],
  };
}

/** A step ends well. */
export function succeeded(
  step_id: string,
  summary: string | null,
  change: { target: string; what: string; from: unknown; to: unknown } | null = null,
): Told {
  return { type: 'step_succeeded', step_id, output: {}, summary, evidence: null, change };
}

/** A step ends badly. */
export function failed(step_id: string, error: string): Told {
  return {
    type: 'step_failed',
    step_id,
    task_id: step_id,
    name: step_id,
    kind: 'api_call',
    error,
    output: null,
    evidence: null,
  };
}

export const SCALED = { target: 'payment-gateway', what: 'replicas', from: 2, to: 3 };

/** The demo's run, told to its end. */
export function theDemoRun(over: Partial<Opened> = {}, recorded_only = false): Story {
  return aStory(over, [
    begun('check_payment_service_status', 'read', { name: '检查支付服务状态' }),
    succeeded('check_payment_service_status', 'healthy'),
    begun('temporary_scale_payment_gateway', 'write', { name: '临时扩容支付网关', recorded_only }),
    succeeded('temporary_scale_payment_gateway', 'payment-gateway 2 → 3 replicas, ready', SCALED),
    ...(recorded_only ? [] : [{ type: 'alerts_resolved' } as const]),
    {
      type: 'run_finished',
      state: 'succeeded',
      outcome: recorded_only ? 'nothing_done' : 'unverified',
      reason: null,
    },
  ]);
}
