import { describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import type { Decision } from '../domain/decision/decision.js';
import type { RunEvent, StoredEvent } from '../domain/run/run.js';
import { createNarrator } from './narrator.js';
import type { Narrator } from './narrator.js';

const DECISION: Decision = {
  action: 'run',
  reason: null,
  rule_id: 'R002',
  playbook_id: 'PB-Payment-Troubleshoot',
  run_id: '01RUN',
  run_ids: ['01RUN'],
  until: null,
  by: 'rule:R002',
  explanation: 'rule R002 matched',
  decided_at: '2026-11-21T14:02:07.000Z',
};

const BASE = {
  task_id: 't',
  kind: 'api_call',
  item_index: null,
  item: null,
  attempt: 1,
  parameters: {},
  conditions: [],
} as const;

function narrator(over: Partial<Parameters<typeof createNarrator>[0]> = {}): Narrator {
  return createNarrator({ colours: false, time_zone: 'UTC', ...over });
}

let seq = 0;
function tellEvent(to: Narrator, event: RunEvent): string[] {
  const stored: StoredEvent = { ...event, seq: ++seq, run_id: '01RUN' };
  return to.tell({ type: 'run_event', event: stored });
}

function started(step_id: string, at: string, recorded_only = false): RunEvent {
  return { type: 'step_started', at, step_id, name: step_id, effect: 'read', recorded_only, ...BASE };
}

function succeeded(step_id: string, at: string, summary: string | null): RunEvent {
  return { type: 'step_succeeded', at, step_id, output: {}, summary, evidence: null, change: null };
}

const at = (seconds: number): string =>
  new Date(Date.parse('2026-11-21T14:02:05.000Z') + seconds * 1_000).toISOString();

describe('the narrator', () => {
  it('tells a run from the fault to the mail, line by line', () => {
    const tale = narrator();
    const alert = anAlert({ metric_value: 1240, metric_unit: 'ms' });
    const rules = [
      { rule_id: 'R002', playbook_id: 'PB-Payment-Troubleshoot', matched: true, chosen: true, reasons: ['all hold'] },
      {
        rule_id: 'R001',
        playbook_id: 'PB-CPU',
        matched: false,
        chosen: false,
        reasons: ['service_name is payment-gateway, the rule wants order-service', 'severity differs'],
      },
      { rule_id: 'R004', playbook_id: 'PB-DB', matched: false, chosen: false, reasons: ['service_name differs'] },
    ];
    const lines = [
      ...tale.tell({ type: 'fault', at: at(0), text: 'payment-gateway: traffic doubles, p99 1240 ms' }),
      ...tale.tell({ type: 'alert', at: at(2), alert }),
      ...tale.tell({ type: 'decision', at: at(2), alert, decision: DECISION, rules }),
      ...tellEvent(tale, started('check_payment_service_status', at(2))),
      ...tellEvent(tale, succeeded('check_payment_service_status', at(2.012), 'healthy')),
      ...tellEvent(tale, started('temporary_scale_payment_gateway', at(3))),
      ...tellEvent(
        tale,
        succeeded('temporary_scale_payment_gateway', at(4.9), 'payment-gateway 2 → 3 replicas, ready'),
      ),
      ...tale.tell({ type: 'resolved', at: at(7), text: 'p99 210 ms' }),
      ...tale.tell({
        type: 'mail',
        at: at(7),
        to: ['oncall@example.com'],
        subject: '支付网关高延迟故障排查 succeeded in 5.1 s',
      }),
    ];

    expect(lines).toEqual([
      '14:02:05  fault     payment-gateway: traffic doubles, p99 1240 ms',
      '14:02:07  alert     critical Service_Latency_Exceeded payment-gateway 1240 ms (alertmanager)',
      '14:02:07  decided   run PB-Payment-Troubleshoot, by rule R002 (2 other rules looked at: service_name differs)',
      '14:02:07  ✔ check_payment_service_status        12 ms   healthy',
      '14:02:09  ✔ temporary_scale_payment_gateway     1.9 s   payment-gateway 2 → 3 replicas, ready',
      '14:02:12  resolved  p99 210 ms',
      '14:02:12  report    mail to oncall@example.com: 支付网关高延迟故障排查 succeeded in 5.1 s',
    ]);
  });

  it('marks failures, skips and waits, each with its reason', () => {
    const tale = narrator();
    const told = [
      ...tellEvent(tale, started('read', at(0))),
      ...tellEvent(tale, { type: 'step_retrying', at: at(1), step_id: 'read', error: 'refused', until: at(2) }),
      ...tellEvent(tale, {
        type: 'step_failed',
        at: at(2),
        step_id: 'read',
        task_id: 'read',
        name: 'read',
        kind: 'api_call',
        error: 'HTTP 500',
        output: null,
        evidence: null,
      }),
      ...tellEvent(tale, {
        type: 'step_skipped',
        at: at(2),
        step_id: 'scale',
        name: 'scale',
        kind: 'kubernetes_scale',
        reason: 'condition',
        message: 'payment_status.is_healthy is false',
        conditions: [],
      }),
      ...tellEvent(tale, {
        type: 'step_waiting',
        at: at(2),
        step_id: 'ask',
        reason: 'approval',
        message: 'waits for sre',
        until: null,
      }),
      ...tellEvent(tale, { type: 'step_cancelled', at: at(2), step_id: 'ask', reason: 'denied' }),
      ...tellEvent(tale, {
        type: 'run_finished',
        at: at(3),
        state: 'failed',
        outcome: 'handed_over',
        reason: 'step read failed',
      }),
    ];

    expect(told.map((line) => line.replace(/ {2,}/g, ' '))).toEqual([
      '14:02:06 ↻ read tried again: refused',
      '14:02:07 ✖ read 2.0 s HTTP 500',
      '14:02:07 – scale skipped: payment_status.is_healthy is false',
      '14:02:07 … ask waits (approval): waits for sre',
      '14:02:07 – ask cancelled: denied',
      '14:02:08 finished 01RUN failed (handed over to people): step read failed',
    ]);
  });

  it('says how long a run took, and by its name', () => {
    const tale = narrator();
    const run = { run_id: '01RUN', playbook_name: '支付网关高延迟故障排查' } as unknown as (RunEvent & {
      type: 'run_opened';
    })['run'];
    tellEvent(tale, { type: 'run_opened', at: at(0), run });

    expect(
      tellEvent(tale, { type: 'run_finished', at: at(5.1), state: 'succeeded', outcome: 'unverified', reason: null }),
    ).toEqual([
      '14:02:10  finished  支付网关高延迟故障排查 succeeded in 5.1 s (unverified: it changed something, and no step of it checked whether that helped)',
    ]);
  });

  it('tells drops and holds with their reason, and alerts without service or figure', () => {
    const tale = narrator();
    const alert = anAlert({ service_name: null, metric_value: null, host_ip: '10.0.0.9', status: 'resolved' });
    const decision: Decision = { ...DECISION, action: 'drop', reason: 'resolved', explanation: 'the occurrence ended' };

    expect(tale.tell({ type: 'alert', at: at(0), alert })[0]).toBe(
      '14:02:05  alert     resolved Service_Latency_Exceeded 10.0.0.9 (alertmanager)',
    );
    expect(tale.tell({ type: 'decision', at: at(0), alert, decision })[0]).toBe(
      '14:02:05  decided   drop (resolved): the occurrence ended',
    );
  });

  it('says so when a write was only recorded', () => {
    const tale = narrator();
    tellEvent(tale, started('scale', at(0), true));

    expect(tellEvent(tale, succeeded('scale', at(1), '2 → 3 replicas'))[0]).toContain('2 → 3 replicas (only recorded)');
  });

  it('keeps columns where names are Chinese, and cuts what does not fit', () => {
    const tale = narrator({ width: 60 });
    tellEvent(tale, started('检查服务', at(0)));
    tellEvent(tale, started('check', at(0)));
    const [chinese = ''] = tellEvent(tale, succeeded('检查服务', at(1), 'ok'));
    const [latin = ''] = tellEvent(tale, succeeded('check', at(1), 'ok'));

    // Four wide characters take eight columns.
    expect(chinese.indexOf('1.0 s') + 4).toBe(latin.indexOf('1.0 s'));
    const [long = ''] = tale.tell({ type: 'fault', at: at(0), text: '慢'.repeat(100) });
    expect(long.endsWith('…')).toBe(true);
    expect([...long].length).toBeLessThan(50);
  });

  it('uses colours only where it is told to, and never lets foreign text command the terminal', () => {
    const evil = '\u001b[2Jgone\r\nnew line';
    const [plain = ''] = narrator().tell({ type: 'fault', at: at(0), text: evil });
    const [coloured = ''] = narrator({ colours: true }).tell({ type: 'fault', at: at(0), text: 'x' });

    expect(plain).toBe('14:02:05  fault     [2Jgone new line');
    expect(coloured).toContain('\u001b[31mfault');
  });

  it('shows local time', () => {
    expect(narrator({ time_zone: 'Asia/Shanghai' }).tell({ type: 'fault', at: at(0), text: 'x' })[0]).toBe(
      '22:02:05  fault     x',
    );
  });
});
