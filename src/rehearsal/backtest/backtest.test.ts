import { describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { aDecision } from '../../../test/helper/store-world.js';
import { instant } from '../../domain/clock.js';
import type { Alert } from '../../domain/alert/alert.js';
import type { Decision } from '../../domain/decision/decision.js';
import { Playbook } from '../../domain/playbook/playbook.js';
import type { Rule } from '../../domain/rule/rule.js';
import type { Step } from '../../domain/run/run.js';
import type { StoredAlert } from '../../domain/decision/alert-view.js';
import type { Silence } from '../../domain/suppression/suppression.js';
import { rehearsalParts } from '../../app/rehearsal-parts.js';
import { backtest } from './backtest.js';
import type { Replay } from './replay.js';

const BEGIN = Date.parse('2026-11-21T10:00:00.000Z');
const MINUTE = 60_000;
const DAY = 86_400_000;
const parts = rehearsalParts(new FakeClock());

const LOOK = { id: 'look', type: 'prometheus_query', parameters: { query: 'up' }, output_variable: 'up' };
const RESTART = {
  id: 'restart',
  type: 'api_call',
  depends_on: ['look'],
  action: 'POST /restart/{{ alert.service_name }}',
};

function playbooksOf(...tasks: object[]): Replay['playbooks'] {
  const playbook = Playbook.parse({ playbook_id: 'PB', tasks });
  return new Map([['PB', { playbook, version: 'v1', file: 'pb.yaml', source: '' }]]);
}

/** An alert as it is stored: received so many minutes after the beginning. */
function stored(minutes: number, over: Partial<Alert> = {}, decision: Partial<Decision> = {}): StoredAlert {
  const at = instant(BEGIN + minutes * MINUTE);
  const kept = aDecision(decision);
  const alert = anAlert({ timestamp: at, received_at: at, ...over });
  return { ...alert, decision: kept, decisions: [kept] };
}

function replayOf(over: Partial<Replay>): Replay {
  const rules: Rule[] = [{ rule_id: 'R1', alert_name: 'any', playbook_id: 'PB' }];
  return {
    parts,
    alerts: [],
    truncated: false,
    since: instant(BEGIN),
    until: instant(BEGIN + 60 * MINUTE),
    playbooks: playbooksOf(LOOK, RESTART),
    rules,
    suppressions: { silences: [], windows: [], inhibit_rules: [] },
    limits: { grouping: { by: null, wait_ms: 0, interval_ms: 0 }, storm: null, flapping: null },
    max_runs_per_occurrence: 1,
    recorded: () => Promise.resolve(null),
    signal: new AbortController().signal,
    ...over,
  };
}

/** A silence of one service that began a day ago. */
function silenceOf(service_name: string, ends_ms: number): Silence {
  const begun = instant(BEGIN - DAY);
  return {
    silence_id: 'S1',
    matchers: [`service="${service_name}"`],
    starts_at: begun,
    ends_at: instant(ends_ms),
    created_by: 'ann',
    comment: 'upgrade',
    created_at: begun,
    updated_at: begun,
    ended_by: null,
    replaces: null,
    origin: 'api',
  };
}

describe('a backtest', () => {
  it('tells which runs would start now and did not, and what they would write to', async () => {
    const alerts = [stored(0), stored(5), stored(9, { fingerprint: 'other', service_name: 'order-service' })];

    const result = await backtest(replayOf({ alerts }));

    expect(result.runs).toEqual([
      { playbook_id: 'PB', rule_id: 'R1', service_name: 'payment-gateway', was: 0, now: 1 },
      { playbook_id: 'PB', rule_id: 'R1', service_name: 'order-service', was: 0, now: 1 },
    ]);
    expect(result.targets.map(({ target, count }) => [target, count])).toEqual([
      ['POST /restart/payment-gateway', 1],
      ['POST /restart/order-service', 1],
    ]);
    expect(result).toMatchObject({ alerts: 3, different: 3, newly_run: 2, no_longer_run: 0 });
    expect(result.differences[1]?.now).toMatchObject({ action: 'drop', reason: 'duplicate' });
  });

  it('tells what runs no longer, and takes a resolved alert for the end of its occurrence', async () => {
    const ran = { action: 'run' as const, reason: null, rule_id: 'R1', playbook_id: 'PB', run_ids: ['r1'] };
    const alerts = [
      stored(0, {}, ran),
      stored(10, { status: 'resolved', ends_at: instant(BEGIN + 10 * MINUTE) }, { reason: 'resolved' }),
      stored(20, {}, ran),
    ];
    const same = await backtest(replayOf({ alerts }));
    const none = await backtest(replayOf({ alerts, rules: [] }));

    expect(same).toMatchObject({ different: 0, newly_run: 0 });
    expect(same.runs).toEqual([{ playbook_id: 'PB', rule_id: 'R1', service_name: 'payment-gateway', was: 2, now: 2 }]);
    expect(none).toMatchObject({ different: 2, no_longer_run: 2, targets: [] });
    expect(none.differences[0]).toMatchObject({ was: { action: 'run' }, now: { action: 'drop', reason: 'no_match' } });
  });

  it('answers with what was found then; of what nobody found it says that it depends on that', async () => {
    const conditional = { ...RESTART, conditions: ['{{ up.value < 1 }}'] };
    const playbooks = playbooksOf(LOOK, conditional);
    const look = {
      step_id: 'look',
      kind: 'prometheus_query',
      state: 'succeeded',
      attempts: [{}],
      output: { value: 0 },
    };
    const steps = [{ ...look, started_at: null, finished_at: null } as unknown as Step];
    const ran = { action: 'run' as const, reason: null, playbook_id: 'PB', rule_id: 'R1', run_ids: ['r1'] };
    const recorded = (run_id: string) => Promise.resolve(run_id === 'r1' ? { playbook_id: 'PB', steps } : null);
    const alerts = [stored(0, {}, ran), stored(5, { fingerprint: 'f2', service_name: 'shop' })];

    const result = await backtest(replayOf({ alerts, playbooks, recorded }));

    expect(result.targets).toMatchObject([{ target: 'POST /restart/payment-gateway', count: 1 }]);
    expect(result.depends).toEqual([{ playbook_id: 'PB', step_id: 'restart', on: ['look'], count: 1 }]);
  });

  it('counts what cooldowns, rate limits and silences hold, and decides it again when they end', async () => {
    const rules: Rule[] = [{ rule_id: 'R1', alert_name: 'any', playbook_id: 'PB', cooldown: '10m' }];
    const alerts = [
      stored(0),
      stored(3, { fingerprint: 'f2', group_key: 'g2' }),
      stored(30, { fingerprint: 'f3', group_key: 'g3' }),
    ];
    const cooled = await backtest(replayOf({ alerts, rules }));

    expect(cooled.budgets).toEqual([{ reason: 'cooldown', by: 'rule:R1', count: 1 }]);
    expect(cooled.runs[0]?.now).toBe(3);

    const silence = silenceOf('payment-gateway', BEGIN + DAY);
    const suppressions = { silences: [silence], windows: [], inhibit_rules: [] };
    const silenced = await backtest(replayOf({ alerts: alerts.slice(0, 1), suppressions }));

    expect(silenced.budgets).toEqual([{ reason: 'silence', by: 'silence:S1', count: 1 }]);
    expect(silenced.targets).toEqual([]);
  });

  it('ends with the present: what is still held is held, however long runs take, and a hold that has ended is over', async () => {
    const rest = { id: 'rest', type: 'wait', parameters: { duration: '90m' } };
    const playbook = Playbook.parse({
      playbook_id: 'PB',
      timeout: '3h',
      tasks: [rest, { ...RESTART, depends_on: ['rest'] }],
    });
    const playbooks = new Map([['PB', { playbook, version: 'v1', file: 'pb.yaml', source: '' }]]);
    const held = { action: 'hold' as const, reason: 'silence' as const, by: 'silence:S1' };
    const stock = { service_name: 'stock', labels: { service: 'stock' }, fingerprint: 'f2', group_key: 'g2' };
    const alerts = [stored(0), stored(1, stock, held)];
    const until = (minutes: number) =>
      backtest(
        replayOf({
          alerts,
          playbooks,
          suppressions: {
            silences: [silenceOf('stock', BEGIN + minutes * MINUTE)],
            windows: [],
            inhibit_rules: [],
          },
        }),
      );

    expect(await until(70)).toMatchObject({ newly_run: 1, until: instant(BEGIN + 60 * MINUTE) });
    expect((await until(70)).decisions).toContainEqual({ action: 'hold', reason: 'silence', was: 1, now: 1 });
    expect((await until(50)).newly_run).toBe(2);
    // Nothing is under way in the end, and time goes on all the same.
    const alone = {
      alerts: alerts.slice(1),
      suppressions: {
        silences: [silenceOf('stock', BEGIN + 50 * MINUTE)],
        windows: [],
        inhibit_rules: [],
      },
    };
    expect((await backtest(replayOf(alone))).newly_run).toBe(1);
  });

  it('replays a week of alerts', async () => {
    const alerts = Array.from({ length: 300 }, (_, index) =>
      stored(index * 33, { fingerprint: `f${index}`, group_key: `g${index}`, service_name: `s${index % 7}` }),
    );

    const result = await backtest(replayOf({ alerts }));

    expect(result.alerts).toBe(300);
    expect(result.runs.reduce((sum, { now }) => sum + now, 0)).toBe(300);
  });

  it('ends early when it is told to', async () => {
    const signal = AbortSignal.abort();
    await expect(backtest(replayOf({ alerts: [stored(0)], signal }))).rejects.toThrow('takes too long');
  });
});
