import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Explanation } from '../../src/domain/api/rule.js';
import type { ForeseenStage } from '../../src/domain/decision/foresight.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { AppWorld } from '../helper/app-world.js';
import { until } from '../helper/until.js';

const FILES = {
  'rules.yaml': `
rules:
  - {rule_id: ACT, alert_name: Broken, playbook_id: PB-Act}
  - {rule_id: COOL, alert_name: Cool, playbook_id: PB-Act, cooldown: 1h}
  - {rule_id: RATE, alert_name: Rated, playbook_id: PB-Quick, rate_limit: {max_runs: 1, per: 1h}}
  - {rule_id: GROUP, alert_name: Grouped, playbook_id: PB-Quick, group_by: [team], group_interval: 1h}
  - {rule_id: FLAP, alert_name: Flap, playbook_id: PB-Quick}
  - {rule_id: OFF, alert_name: Off, playbook_id: PB-Quick, mode: off}
  - {rule_id: TWO1, alert_name: Two, playbook_id: PB-Act, continue: true, group_wait: 1h}
  - {rule_id: TWO2, alert_name: Two, playbook_id: PB-Quick}
`,
  'act.yaml': `
playbook_id: PB-Act
tasks:
  - {id: look, type: api_call, action: GET /slow}
  - {id: act, type: api_call, action: POST /act, depends_on: [look]}
`,
  'quick.yaml': `
playbook_id: PB-Quick
tasks:
  - {id: rest, type: wait, parameters: {duration: 1ms}}
`,
  'suppressions.yaml': `
inhibit_rules:
  - {name: down, source_matchers: ['alertname="Down"'], target_matchers: ['alertname="Broken"'], equal: [service]}
`,
};
const CONFIG = `
report: {notify: []}
storm: {calm: 60s, per_service: {alerts_per_minute: 3}}
intake:
  - {name: quiet, matchers: ['env="dev"'], drop: true}
  - {name: team, matchers: ['team=""'], set: {labels: {team: nobody}}}
`;

type Told = Explanation & { readonly stages: readonly ForeseenStage[] };
type Draft = Readonly<Record<string, unknown>>;

describe('explaining an alert', { timeout: 60_000 }, () => {
  let world: AppWorld;
  beforeAll(async () => {
    world = await AppWorld.open(FILES, CONFIG);
  }, 60_000);
  afterAll(() => world.close());

  let count = 0;
  /** An alert as `generic` takes it and as explain takes it. */
  function draft(alert_name: string, service_name: string, over: Draft = {}): Draft {
    count += 1;
    return {
      ...{ alert_name, service_name, source_system: 'billing', severity: 'critical', status: 'firing' },
      ...{ fingerprint: `f${count}`, group_key: `g${count}`, description: 'x', timestamp: new Date().toISOString() },
      ...over,
      labels: { alertname: alert_name, service: service_name, team: 'pay', ...(over['labels'] as object | undefined) },
    };
  }

  const explain = (alert: Draft) => world.call<Told>('/api/v1/rules/explain', { alert });

  async function come(alert: Draft): Promise<StoredAlert> {
    const { alerts } = await world.call<{ alerts: { alert_id: string }[] }>('/api/v1/webhooks/generic', alert);
    return world.decided(alerts[0]?.alert_id ?? '');
  }

  /** What an alert leaves behind. How runs and storms stand changes by itself meanwhile. */
  async function written(): Promise<unknown> {
    type Stats = { alerts: unknown; undecided: number; runs: { count: number }[] };
    const { alerts, undecided, runs } = await world.call<Stats>('/api/v1/stats');
    return { alerts, undecided, runs: runs.reduce((sum, { count }) => sum + count, 0) };
  }

  /** Explains, lets it come, and holds the one to the other. */
  async function foretold(alert: Draft): Promise<{ told: Told; decided: StoredAlert }> {
    const before = await written();
    const told = await explain(alert);
    expect(await written()).toEqual(before);
    const decided = await come(alert);
    const { action, reason, by, rule_id, playbook_id } = told.decision;
    expect(decided.decision).toMatchObject({ action, reason, by });
    // A repeat that says nothing new is answered with the rule of what it repeats.
    if (reason !== 'duplicate') expect(decided.decision).toMatchObject({ rule_id, playbook_id });
    return { told, decided };
  }

  const stageOf = (told: Told, name: string) => told.stages.filter(({ stage }) => stage === name);
  /** What does not simply let it pass. */
  const stops = (told: Told) =>
    told.stages.filter(({ verdict }) => verdict !== 'passes').map(({ stage, verdict }) => `${stage} ${verdict}`);

  it('tells the run that starts, that others join it, and that a repeat of it starts nothing', async () => {
    const first = draft('Broken', 'a', { group_key: 'shared' });
    const { told, decided } = await foretold(first);
    expect(told.decision).toMatchObject({ action: 'run', run_id: null, playbook_ids: ['PB-Act'] });
    expect(told.decision.explanation).toBe('rule ACT matches: a new run of PB-Act starts');
    expect(stops(told)).toEqual([]);

    const second = await foretold(draft('Broken', 'a', { group_key: 'shared' }));
    expect(second.told.decision).toMatchObject({ run_id: decided.decision?.run_id, playbook_ids: ['PB-Act'] });
    expect(stops(second.told)).toEqual(['join joins']);

    const repeat = await foretold(first);
    expect(repeat.told.decision).toMatchObject({ reason: 'duplicate', run_id: decided.decision?.run_id });
    expect(stops(repeat.told)).toEqual(['occurrence drops', 'join joins']);
    const over = await foretold({ ...first, status: 'resolved', ends_at: new Date().toISOString() });
    expect(over.told.decision.reason).toBe('resolved');
    await until('the read', () => world.release.length === 1);
    for (const end of world.release.splice(0)) end();
    await world.run(decided.decision?.run_id);
  });

  it('tells what the intake drops and what it changes, and explains the rules by what it leaves', async () => {
    const dropped = await foretold(draft('Broken', 'b', { labels: { env: 'dev' } }));
    expect(dropped.told.decision).toMatchObject({ reason: 'filtered', by: 'intake:quiet' });
    expect(stageOf(dropped.told, 'intake')[0]?.explanation).toContain('env="dev"');
    const changed = await explain(draft('Broken', 'b', { labels: { team: '' } }));
    expect(changed.alert.labels['team']).toBe('nobody');
    expect(stageOf(changed, 'intake')).toMatchObject([{ verdict: 'changes', explanation: 'it changes labels' }]);
  });

  it('finds severity, service and host in the labels, and knows other words, as for an alert that is posted', async () => {
    const bare = (over: Draft) => ({ alert_name: 'Nothing', source_system: 'billing', description: 'x', ...over });
    for (const alert of [
      bare({ labels: { severity: 'disaster', app: 'checkout', instance: '10.0.0.7:9100' } }),
      bare({ labels: { priority: 'P1', job: 'kube-state-metrics', deployment: 'web', service: 'metrics' } }),
      bare({ severity: 'sev4', status: 'Firing', service_name: 'orders', labels: { service: 'other' } }),
    ]) {
      const { alert: told } = await explain(alert);
      const { severity, status, service_name, host_ip } = await come(alert);
      expect(told).toMatchObject({ severity, status, service_name, host_ip });
    }
    expect((await explain(bare({ service_name: null, labels: { service: 'other' } }))).alert.service_name).toBeNull();
  });

  it('tells a cooldown, a rate limit and a group that has to rest', async () => {
    const cool = await foretold(draft('Cool', 'a'));
    expect(stops(cool.told)).toEqual(['cooldown holds']);
    expect(cool.told.decision).toMatchObject({ rule_id: 'COOL', playbook_id: 'PB-Act' });
    expect(cool.told.decision.until).toBe(cool.decided.decision?.until);
    expect(cool.told.decision.explanation).toBe(cool.decided.decision?.explanation);

    await world.run((await foretold(draft('Rated', 'r'))).decided.decision?.run_id);
    const rated = await foretold(draft('Rated', 'r'));
    expect(stops(rated.told)).toEqual(['rate_limit holds']);
    expect(rated.told.decision).toMatchObject({ rule_id: 'RATE', playbook_id: 'PB-Quick' });
    expect(rated.told.decision.until).toBe(rated.decided.decision?.until);

    await world.run((await foretold(draft('Grouped', 'g'))).decided.decision?.run_id);
    const resting = await foretold(draft('Grouped', 'g'));
    expect(stops(resting.told)).toEqual(['group_interval holds']);
  });

  it('tells silences, windows and what inhibits it, each whatever the others say', async () => {
    await come(draft('Down', 'held'));
    const span = { starts_at: new Date().toISOString(), ends_at: new Date(Date.now() + 3_600_000).toISOString() };
    await world.call('/api/v1/silences', { matchers: ['service="held"'], comment: 'known', ...span });
    await world.call('/api/v1/maintenance_windows', { matchers: ['service="held"'], comment: 'work', ...span });
    const { told } = await foretold(draft('Broken', 'held'));
    expect(stops(told)).toEqual(['silence holds', 'maintenance_window holds', 'inhibition holds']);
    expect(told.decision).toMatchObject({ action: 'hold', reason: 'silence' });
    expect(stageOf(told, 'silence')[0]?.until).toBe(span.ends_at);
  });

  it('tells that no rule takes it, that its rule is off, and all runs of rules that go on', async () => {
    expect(stops((await foretold(draft('Unknown', 'n'))).told)).toEqual(['match drops']);
    const off = await foretold(draft('Off', 'n'));
    expect(stops(off.told)).toEqual(['mode drops']);
    expect(off.told.decision).toMatchObject({ reason: 'playbook_off', rule_id: 'OFF', playbook_id: 'PB-Quick' });
    const { told } = await foretold(draft('Two', 'n2'));
    expect(told.decision.playbook_ids).toEqual(['PB-Act', 'PB-Quick']);
    expect(stageOf(told, 'join').map(({ rule_id }) => rule_id)).toEqual(['TWO1', 'TWO2']);
    expect(stageOf(told, 'join')[0]?.explanation).toContain('group_wait');
  });

  it('tells a storm at its two levels, and counts nothing however often it is asked', async () => {
    const asked = await Promise.all(Array.from({ length: 12 }, () => explain(draft('Broken', 'noisy'))));
    expect(asked.every((told) => stops(told).length === 0)).toBe(true);
    const seen: string[] = [];
    for (let n = 0; n < 7; n++) seen.push(stops((await foretold(draft('Broken', 'noisy'))).told).join());
    expect(seen).toEqual(['', '', '', 'storm asks', 'storm asks', 'storm asks', 'storm holds']);
  });

  it('tells a condition that comes and goes', async () => {
    const restless = draft('Flap', 'flap');
    let told: Told | null = null;
    for (let n = 0; n < 5 && told === null; n++) {
      const at = { timestamp: new Date().toISOString() };
      const found = await foretold({ ...restless, ...at });
      if (found.told.decision.reason === 'flapping') told = found.told;
      await come({ ...restless, status: 'resolved', ends_at: new Date().toISOString() });
    }
    expect(told && stageOf(told, 'flapping')).toMatchObject([{ verdict: 'holds' }]);
    expect(told?.decision).toMatchObject({ rule_id: 'FLAP', playbook_id: 'PB-Quick' });
  });
});
