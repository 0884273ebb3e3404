import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppWorld } from '../helper/app-world.js';
import { until } from '../helper/until.js';

const FILES = {
  'rules.yaml': 'rules:\n  - {rule_id: ACT, alert_name: Broken, playbook_id: PB-Act}\n',
  'act.yaml': `
playbook_id: PB-Act
tasks:
  - {id: look, type: api_call, action: GET /slow}
  - {id: act, type: api_call, action: POST /act, depends_on: [look]}
`,
};

interface StormStats {
  readonly storm: {
    readonly level: number;
    readonly storms: readonly { readonly service_name: string | null; readonly level: number }[];
  };
}

describe('a storm', { timeout: 60_000 }, () => {
  let world: AppWorld;
  beforeAll(async () => {
    world = await AppWorld.open(
      FILES,
      `
storm: {starts_per_minute: 3, notify_only_at: 2, calm: 60s, notify: [webhook], per_service: {alerts_per_minute: 2}}
report: {notify: []}
`,
    );
  }, 60_000);
  afterAll(() => world.close());

  const broken = (service: string, pod = '1'): { labels: Record<string, string> } => ({
    labels: { alertname: 'Broken', service, pod },
  });

  it('asks about the writes of new runs beyond the limit, and starts none beyond twice the limit', async () => {
    const alerts = await world.post(
      Array.from({ length: 10 }, (_, n) => broken(`s${n}`)),
      'g1',
    );
    expect(alerts.map((alert) => alert.decision?.reason ?? alert.decision?.action)).toEqual([
      ...Array.from({ length: 6 }, () => 'run'),
      ...Array.from({ length: 4 }, () => 'storm'),
    ]);
    expect(alerts[4]?.decision?.explanation).toContain('storm, level 1: 5 runs to start (limit 3) within a minute');
    expect(alerts[9]?.decision).toMatchObject({ action: 'hold', by: 'storm', run_id: null });
    expect(Date.parse(alerts[9]?.decision?.until ?? '')).toBeGreaterThan(Date.now() + 50_000);
    await until('the reads', () => world.release.length === 6);
    for (const end of world.release.splice(0)) end();
    const runs = await Promise.all(
      alerts.slice(0, 6).map((alert, n) => world.run(alert.decision?.run_id, n < 3 ? 'succeeded' : 'waiting')),
    );
    expect(runs.map(({ mode, mode_by }) => [mode, mode_by])).toEqual([
      ...Array.from({ length: 3 }, () => ['auto', undefined]),
      ...Array.from({ length: 3 }, () => ['approve', 'storm']),
    ]);
    expect(world.asked.filter((line) => line === 'POST /act')).toHaveLength(3);
    expect(runs[3]?.steps.find(({ step_id }) => step_id === 'act')?.approval?.message).toContain('because of storm');
  });

  it('lets alerts of open runs join as before', async () => {
    const [first] = await world.post([broken('s4', '2')], 'g1');
    expect(first?.decision?.action).toBe('join');
  });

  it('tells it in one message, in the statistics, the metrics and the audit', async () => {
    await until('the message', () => world.told.length > 0, 20_000);
    expect(world.told).toHaveLength(1);
    expect(world.told[0]).toMatchObject({ subject: 'Alert storm: no new runs start', severity: 'critical' });
    expect(world.told[0]?.text).toContain('runs were to start within a minute (limit 3)');
    const { storm } = await world.call<StormStats>('/api/v1/stats');
    expect(storm).toMatchObject({ level: 2, storms: [{ service_name: null, level: 2 }] });
    const metrics = await world.text('/metrics');
    expect(metrics).toMatch(/fixpoint_storm_level\{service=""\} 2/);
    const { items } = await world.call<{ items: { what: string; who: string }[] }>('/api/v1/audit');
    expect(items).toContainEqual(expect.objectContaining({ who: 'storm', what: 'storm_rose' }));
  });

  it('is still there after a restart', async () => {
    await world.stop();
    await world.start();
    const [held] = await world.post([broken('after')], 'g2');
    expect(held?.decision).toMatchObject({ action: 'hold', reason: 'storm' });
    expect(held?.decision?.explanation).toContain('level 2 since');
  });

  it('is ended by hand, and begins again only when its time off is over', async () => {
    const END = '/api/v1/storms/end';
    await expect(world.call(END, {})).rejects.toThrow(/400 .*reason/);
    await expect(world.call(END, { reason: 'x', for: '1y' })).rejects.toThrow(/400 .*expected a duration such as/);
    const ended = await world.call<StormStats['storm']>(END, { reason: 'a load test', for: '1h' });
    expect(ended).toMatchObject({
      level: 0,
      storms: [],
      kept_off: [{ service_name: null, by: 'admin', reason: 'a load test' }],
    });
    await expect(world.call(END, { reason: 'a load test' })).rejects.toThrow(/409 .*there is no storm now/);
    await until('this process has heard of it', async () =>
      (await world.text('/metrics')).includes('fixpoint_storm_level{service=""} 0'),
    );
    const alerts = await world.post(
      Array.from({ length: 8 }, (_, n) => broken(`e${n}`)),
      'g3',
    );
    expect(alerts.map((alert) => alert.decision?.action)).toEqual(Array.from({ length: 8 }, () => 'run'));
    const { storm } = await world.call<StormStats>('/api/v1/stats');
    expect(storm).toMatchObject({ level: 0, kept_off: [{ service_name: null }] });
    const { items } = await world.call<{ items: { what: string; who: string; details: object }[] }>('/api/v1/audit');
    expect(items).toContainEqual(
      expect.objectContaining({
        who: 'admin',
        what: 'storm.end',
        details: expect.objectContaining({ reason: 'a load test', before: 2 }) as object,
      }),
    );
    await until('the message', () => world.told.some(({ subject }) => subject === 'Alert storm is over'), 20_000);
  });

  it('holds what one service brings when it is only that service', async () => {
    const calm = await AppWorld.open(
      FILES,
      'storm: {calm: 60s, per_service: {alerts_per_minute: 2, starts_per_minute: 0}}\nreport: {notify: []}\n',
    );
    try {
      const own = (service: string, n: number) => calm.post([broken(service, `p${n}`)], `${service}-${n}`);
      const reasons: (string | null | undefined)[] = [];
      for (let n = 0; n < 5; n++) reasons.push((await own('noisy', n))[0]?.decision?.reason);
      expect(reasons).toEqual([null, null, null, null, 'storm']);
      const [other] = await own('quiet', 1);
      expect(other?.decision).toMatchObject({ action: 'run' });
      expect((await calm.run(other?.decision?.run_id, 'running')).mode).toBe('auto');
      await until('the level', async () => (await calm.call<StormStats>('/api/v1/stats')).storm.level === 2);
      expect((await calm.call<StormStats>('/api/v1/stats')).storm.storms).toMatchObject([{ service_name: 'noisy' }]);
    } finally {
      await calm.close();
    }
  });
});
