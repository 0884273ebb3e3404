import { expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { instant } from '../domain/clock.js';
import { Playbook } from '../domain/playbook/playbook.js';
import type { Silence } from '../domain/suppression/suppression.js';
import { Settings } from '../config.js';
import { createBacktests } from './backtesting.js';

const MINUTE = 60_000;

it('replays the silences of Alertmanager, too: what one holds would not run now', async () => {
  const clock = new FakeClock();
  const at = (minutes: number): string => instant(clock.now() + minutes * MINUTE);
  const alert = {
    ...anAlert({ source_system: 'alertmanager', labels: { alertname: 'Lag', team: 'db' }, received_at: at(-20) }),
    decision: null,
    decisions: [],
  };
  const playbook = Playbook.parse({
    playbook_id: 'PB',
    tasks: [{ id: 'rest', type: 'wait', parameters: { duration: '1s' } }],
  });
  const silence: Silence = {
    silence_id: 'theirs',
    matchers: ['team="db"'],
    starts_at: at(-60),
    ends_at: at(60),
    created_by: 'ann',
    comment: 'upgrade',
    created_at: at(-60),
    updated_at: at(-60),
    ended_by: null,
    replaces: null,
    origin: 'alertmanager',
  };
  const backtest = createBacktests({
    settings: Settings.parse({}),
    clock,
    store: {
      alerts: { get: async () => null, list: async () => ({ items: [alert], next_cursor: null }) },
      runView: { get: async () => null },
      suppressions: { inForce: async () => [] },
    } as unknown as Parameters<typeof createBacktests>[0]['store'], // nothing else is asked
    catalog: {
      content: () => ({
        playbooks: new Map([['PB', { playbook, version: 'v1', file: 'pb.yaml', source: '' }]]),
        rules: [{ rule_id: 'R1', alert_name: 'any', playbook_id: 'PB' }],
        suppressions: null,
        problems: [],
      }),
    } as unknown as Parameters<typeof createBacktests>[0]['catalog'], // nothing else is asked
    inForce: () => ({ silences: [silence], windows: [], inhibit_rules: [] }),
  });

  const result = await backtest({ max_alerts: 10 } as Parameters<typeof backtest>[0], at(-60));

  expect(result.budgets).toEqual([{ reason: 'silence', by: 'silence:theirs', count: 1 }]);
  expect(result).toMatchObject({ runs: [], until: at(0) });
});
