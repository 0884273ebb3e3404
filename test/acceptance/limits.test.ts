import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppWorld } from '../helper/app-world.js';
import { until } from '../helper/until.js';

type Labels = Record<string, string>;

const FILES = {
  'rules.yaml': `
rules:
  - {rule_id: RATE, alert_name: Rate, playbook_id: PB-Look, rate_limit: {max_runs: 2, per: 1h}}
  - {rule_id: RATE2, alert_name: Often, playbook_id: PB-Look, rate_limit: {max_runs: 1, per: 2s}}
  - {rule_id: BYENV, alert_name: Grouped, playbook_id: PB-Slow, group_by: [env]}
  - {rule_id: WAIT, alert_name: Waits, playbook_id: PB-Count, group_by: [env], group_wait: 6s}
  - {rule_id: AGAIN, alert_name: Again, playbook_id: PB-Look, group_by: [env], group_interval: 2s}
  - {rule_id: ASK, alert_name: Ask, playbook_id: PB-Write, mode: approve}
  - {rule_id: NEVER, alert_name: Never, playbook_id: PB-Write, mode: off}
  - {rule_id: FLAP, alert_name: Flap, playbook_id: PB-Look}
`,
  'look.yaml': 'playbook_id: PB-Look\ntasks:\n  - {id: look, type: api_call, action: GET /look}\n',
  'slow.yaml': 'playbook_id: PB-Slow\ntasks:\n  - {id: look, type: api_call, action: GET /slow}\n',
  'count.yaml':
    'playbook_id: PB-Count\ntasks:\n  - {id: look, type: api_call, action: "GET /count/{{ size(alerts) }}"}\n',
  'write.yaml': 'playbook_id: PB-Write\nmode: auto\ntasks:\n  - {id: act, type: api_call, action: POST /act}\n',
};

describe('what limits how much is started', { timeout: 60_000 }, () => {
  let world: AppWorld;
  let group = 0;
  beforeAll(async () => {
    world = await AppWorld.open(
      FILES,
      `
flapping: {changes: 4, within: 10m, quiet: 2s}
notify_unmatched: {notify: [webhook], severity: critical}
report: {notify: []}
`,
    );
  });
  afterAll(() => world.close());

  const aGroup = (): string => `group-${(group += 1)}`;
  const labelled = (alertname: string, service: string, more: Labels = {}): { labels: Labels } => ({
    labels: { alertname, service, ...more },
  });

  it('starts no more runs of a rule for one service than it says, in whatever batch they come', async () => {
    const together = await world.post(
      ['1', '2', '3']
        .flatMap((n) => [labelled('Rate', 'a', { n, group: n })])
        .map((alert, n) => ({
          ...alert,
          labels: { ...alert.labels, n: String(n) },
        })),
      aGroup(),
    );
    // One group is one run, whatever joins it.
    expect(together.map((alert) => alert.decision?.action)).toEqual(['run', 'join', 'join']);
    const [second] = await world.post([labelled('Rate', 'a', { n: 'x' })], aGroup());
    const [third] = await world.post([labelled('Rate', 'a', { n: 'y' })], aGroup());
    const [other] = await world.post([labelled('Rate', 'b', { n: 'y' })], aGroup());
    expect(second?.decision?.action).toBe('run');
    expect(third?.decision).toMatchObject({ action: 'hold', reason: 'rate_limit', by: 'rule:RATE', run_id: null });
    expect(third?.decision?.explanation).toContain('at most 2 runs per 1h for a');
    expect(Date.parse(third?.decision?.until ?? '')).toBeGreaterThan(Date.now() + 3_000_000);
    expect(other?.decision?.action).toBe('run');
  });

  it('decides a held alert again when its limit is over', async () => {
    await world.post([labelled('Often', 'c', { n: '1' })], aGroup());
    const [held] = await world.post([labelled('Often', 'c', { n: '2' })], aGroup());
    expect(held?.decision).toMatchObject({ action: 'hold', reason: 'rate_limit' });
    const later = await world.decided(held?.alert_id ?? '', (alert) => alert.decision?.action === 'run');
    expect(later.decisions.map(({ action }) => action)).toEqual(['hold', 'run']);
  });

  it('lets alerts join by the labels that the rule names, however the source groups them', async () => {
    const [first] = await world.post([labelled('Grouped', 'd', { env: 'prod', pod: '1' })], aGroup());
    const [same] = await world.post([labelled('Grouped', 'd', { env: 'prod', pod: '2' })], aGroup());
    const [other] = await world.post([labelled('Grouped', 'd', { env: 'test', pod: '3' })], aGroup());
    expect([first, same, other].map((alert) => alert?.decision?.action)).toEqual(['run', 'join', 'run']);
    expect(same?.decision?.run_id).toBe(first?.decision?.run_id);
    const run = await world.run(first?.decision?.run_id, 'running');
    expect(run.group_key).toBe('rule:BYENV:{env="prod"}');
    await until('the requests', () => world.release.length >= 2);
    for (const end of world.release.splice(0)) end();
  });

  it('waits for more alerts of a group before its run begins, also over a restart', async () => {
    const [first] = await world.post([labelled('Waits', 'e', { env: 'w', pod: '1' })], aGroup());
    expect(first?.decision?.explanation).toContain('group_wait');
    const pending = await world.run(first?.decision?.run_id, 'pending');
    expect(pending.begin_at).toBeDefined();
    await world.stop();
    await world.start();
    const [second] = await world.post([labelled('Waits', 'e', { env: 'w', pod: '2' })], aGroup());
    expect(second?.decision).toMatchObject({ action: 'join', run_id: first?.decision?.run_id });
    const run = await world.run(first?.decision?.run_id);
    expect(run.alert_ids).toEqual([first?.alert_id, second?.alert_id]);
    expect(Date.parse(run.started_at ?? '')).toBeGreaterThanOrEqual(Date.parse(run.begin_at ?? ''));
    expect(world.asked.filter((line) => line.startsWith('GET /count'))).toEqual(['GET /count/2']);
  });

  it('starts no other run of a group before its group_interval is over', async () => {
    const [first] = await world.post([labelled('Again', 'f', { env: 'i', pod: '1' })], aGroup());
    await world.run(first?.decision?.run_id);
    const [second] = await world.post([labelled('Again', 'f', { env: 'i', pod: '2' })], aGroup());
    const [other] = await world.post([labelled('Again', 'f', { env: 'j', pod: '2' })], aGroup());
    expect(second?.decision).toMatchObject({ action: 'hold', reason: 'rate_limit', by: 'rule:AGAIN' });
    expect(second?.decision?.explanation).toContain(`run ${first?.decision?.run_id} of the same group ended`);
    expect(other?.decision?.action).toBe('run');
    const later = await world.decided(second?.alert_id ?? '', (alert) => alert.decision?.action === 'run');
    expect(later.decision?.run_id).not.toBe(first?.decision?.run_id);
  });

  it('takes the stricter of the modes of rule and playbook, and says whose it was', async () => {
    const [asked] = await world.post([labelled('Ask', 'g')], aGroup());
    const run = await world.run(asked?.decision?.run_id, 'waiting');
    expect(run).toMatchObject({ mode: 'approve', mode_by: 'rule:ASK' });
    expect(run.steps[0]?.approval?.message).toContain('rule:ASK');
    const [never] = await world.post([labelled('Never', 'g')], aGroup());
    expect(never?.decision).toMatchObject({ action: 'drop', reason: 'playbook_off', by: 'rule:NEVER' });
    expect(world.asked).not.toContain('POST /act');
  });

  it('holds what comes and goes until it has stayed for a while', async () => {
    const groupKey = aGroup();
    const at = (seconds: number): string => new Date(Date.now() - 60_000 + seconds * 1_000).toISOString();
    const actions: (string | null | undefined)[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const [fired] = await world.post([{ ...labelled('Flap', 'h'), startsAt: at(turn * 4) }], groupKey);
      if (fired?.decision?.run_id) await world.run(fired.decision.run_id);
      actions.push(fired?.decision?.reason ?? fired?.decision?.action);
      await world.post(
        [{ ...labelled('Flap', 'h'), status: 'resolved', startsAt: at(turn * 4), endsAt: at(turn * 4 + 2) }],
        groupKey,
      );
    }
    expect(actions).toEqual(['run', 'run', 'flapping']);
    const [held] = await world.post([{ ...labelled('Flap', 'h'), startsAt: at(20) }], groupKey);
    expect(held?.decision).toMatchObject({ action: 'hold', reason: 'flapping' });
    expect(held?.decision?.explanation).toContain('more than 4 within 10 min');
    const later = await world.decided(held?.alert_id ?? '', (alert) => alert.decision?.action === 'run');
    expect(later.decisions.map(({ action }) => action)).toEqual(['hold', 'run']);
  });

  it('tells once of critical alerts that no rule takes, in one message', async () => {
    const unknown = (n: number, severity: string): { labels: Labels } =>
      labelled('Unknown', 'z', { n: String(n), severity });
    const many = Array.from({ length: 30 }, (_, n) => unknown(n, 'critical'));
    await world.post([...many, unknown(99, 'warning')], aGroup());
    await world.post(many, aGroup());
    await until('the message', () => world.told.length > 0, 20_000);
    expect(world.told).toHaveLength(1);
    expect(world.told[0]).toMatchObject({ subject: 'No rule takes 30 alerts', severity: 'critical' });
    expect(world.told[0]?.text).toContain('- 30 × Unknown at z [critical]');
  });

  it('decides an alert of which nobody is in charge also where its description is cut in the middle of a character', async () => {
    const description = `${'x'.repeat(499)}😀 is what it says`;
    const alert = { ...labelled('Unknown', 'long', { severity: 'critical' }), annotations: { description } };
    const [cut] = await world.post([alert], aGroup());
    expect(cut?.decision).toMatchObject({ action: 'drop', reason: 'no_match' });
  });

  it('tells what every rule says of an alert by the rules of its moment, and how often each has matched', async () => {
    const [alert] = await world.post([labelled('Grouped', 'ledger', { env: 'l' })], aGroup());
    interface Told {
      readonly evaluation: {
        readonly by: string;
        readonly version: string | null;
        readonly rules: number;
        readonly items: readonly { readonly rule_id: string; readonly chosen: boolean; readonly reasons: string[] }[];
      };
    }
    const told = await until('the rules to be kept', async () => {
      const answer = await world.call<Told>(`/api/v1/alerts/${alert?.alert_id}`);
      return answer.evaluation.by === 'decision' && answer;
    });
    expect(told.evaluation.items[0]).toMatchObject({ rule_id: 'BYENV', chosen: true });
    expect(told.evaluation.items).toHaveLength(told.evaluation.rules);
    expect(told.evaluation.items.at(-1)?.reasons.join()).toContain('the rule wants');
    expect(await world.call(`/api/v1/alerts/${alert?.alert_id}?evaluation=false`)).not.toHaveProperty('evaluation');

    const { items } = await world.call<{ items: { version: string; rule_count: number }[] }>('/api/v1/rules/versions');
    expect(items.map(({ version }) => version)).toEqual([told.evaluation.version]);
    const kept = await world.call<{ rules: { rule_id: string }[] }>(`/api/v1/rules/versions/${items[0]?.version}`);
    expect(kept.rules.map(({ rule_id }) => rule_id)).toContain('BYENV');

    await until('the counts', async () => {
      const { items: rules } = await world.call<{ items: { rule_id: string; matched: number }[] }>('/api/v1/rules');
      return (rules.find(({ rule_id }) => rule_id === 'BYENV')?.matched ?? 0) >= 1;
    });
    for (const end of world.release.splice(0)) end();
  });

  it('finds alerts by label, decision and words, and refuses what it cannot read with its place', async () => {
    const service = 'found';
    await world.post(
      [1, 2, 3].map((n) => labelled('Nobody', service, { n: String(n), env: n < 3 ? 'a' : 'b' })),
      aGroup(),
    );
    const find = async (query: string): Promise<string[]> => {
      const { items } = await world.call<{ items: { labels: Labels }[] }>(
        `/api/v1/alerts?service_name=${service}&${query}`,
      );
      return items.map(({ labels }) => labels['n'] ?? '').sort();
    };
    expect(await find('matcher=env%3D%22a%22')).toEqual(['1', '2']);
    expect(await find('matcher=env%3D%22a%22&matcher=n!~%222%22')).toEqual(['1']);
    expect(await find('reason=no_match&text=nobody')).toEqual(['1', '2', '3']);
    expect(await find('alert_name=%2FNo.*%2F&until=1h')).toEqual([]);
    await expect(find('matcher=env%3D%22')).rejects.toThrow(/400.*matcher/);
    await expect(find('min_value=much')).rejects.toThrow(/400.*min_value/);
  });
});
