import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectionChecks } from '../../src/domain/api/connection.js';
import { OverviewAnswer, SystemAnswer } from '../../src/domain/api/overview.js';
import { PlaybookCheckAnswer, PlaybookStatsAnswer, PlaybookVersionDetail } from '../../src/domain/api/playbook.js';
import { SearchAnswer } from '../../src/domain/api/search.js';
import { SessionAnswer } from '../../src/domain/api/session.js';
import { AppWorld } from '../helper/app-world.js';
import { TOKEN } from '../helper/fixpoint-process.js';
import { until } from '../helper/until.js';

const FILES = {
  'rules.yaml':
    'rules:\n  - {rule_id: SLOW, alert_name: Slow_Checkout, playbook_id: PB-Slow}\n  - {rule_id: LOOK, alert_name: Broken, playbook_id: PB-Look}\n',
  'slow.yaml': `
playbook_id: PB-Slow
name: Look at it slowly
tasks:
  - {id: look, type: api_call, action: GET /slow}
  - {id: act, type: api_call, action: GET /act, depends_on: [look]}
`,
  'look.yaml': 'playbook_id: PB-Look\ntasks:\n  - {id: look, type: api_call, action: GET /look}\n',
};

describe('a person who has signed in', { timeout: 60_000 }, () => {
  let world: AppWorld;
  let cookie = '';
  let csrf = '';

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(world.app.url + path, {
      ...init,
      headers: { cookie, 'x-fixpoint-csrf': csrf, 'sec-fetch-site': 'same-origin' },
    });
  const read = async (path: string): Promise<unknown> => (await ask(path)).json();
  const post = async (path: string, body: unknown): Promise<unknown> =>
    (await ask(path, { method: 'POST', body: JSON.stringify(body) })).json();

  beforeAll(async () => {
    world = await AppWorld.open(FILES);
    const answer = await ask('/api/v1/session', { method: 'POST', body: JSON.stringify({ token: TOKEN }) });
    expect(answer.status).toBe(204);
    cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0]!;
    csrf = SessionAnswer.parse(await read('/api/v1/session')).csrf ?? '';
  }, 60_000);
  afterAll(() => world.close());

  it('sees on a fresh installation what was refused last', async () => {
    const before = OverviewAnswer.strict().parse(await read('/api/v1/overview'));
    await fetch(`${world.app.url}/api/v1/webhooks/alertmanager`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: '{oops',
    });
    const overview = await until('the refused body', async () => {
      const answer = OverviewAnswer.parse(await read('/api/v1/overview'));
      return answer.last_refused === null ? null : answer;
    });

    expect([before.any_alerts, before.last_refused]).toEqual([false, null]);
    expect(overview.last_refused).toMatchObject({ source: 'alertmanager', body: '{oops' });
  });

  it('sees an alert, its run with its progress, and how it ended', async () => {
    const labels = { alertname: 'Slow_Checkout', service: 'checkout', severity: 'critical' };
    await world.post([{ labels }], 'checkout');
    const overview = await until('the run on the overview', async () => {
      const answer = OverviewAnswer.strict().parse(await read('/api/v1/overview'));
      const { runs, incidents, alerts_complete } = answer;
      // On a busy machine the first looks do not get to all hours.
      return runs.items[0]?.progress.now.length === 1 && incidents.open === 1 && alerts_complete ? answer : null;
    });
    const run = overview.runs.items[0]!;

    expect(overview).toMatchObject({
      any_alerts: true,
      alerts_complete: true,
      last_refused: null,
      pause: { paused: false },
    });
    expect(overview.alerts_by_hour.reduce((sum, hour) => sum + hour.run, 0)).toBe(1);
    expect(overview.incidents.items[0]).toMatchObject({ state: 'open', service_names: ['checkout'] });
    expect(run.progress).toMatchObject({ done: 0, total: 2, failed: 0, now: [{ step_id: 'look', state: 'running' }] });
    const version = await read(`/api/v1/playbooks/PB-Slow/versions/${run.playbook_version}`);
    expect(PlaybookVersionDetail.strict().parse(version).graph.edges).toEqual([{ from: 'look', to: 'act' }]);
    const system = SystemAnswer.strict().parse(await read('/api/v1/system'));
    expect(system).toMatchObject({ version: 'test', undecided: 0, bus_lag: 0, dead_letters: 1, open_runs: 1 });
    expect(system.health.map(({ name, ok }) => [name, ok])).toEqual([
      ['store', true],
      ['bus', true],
    ]);
    expect(system.workers).toMatchObject([{ name: 'embedded', alive: true, runs_held: 1 }]);

    for (const go of world.release.splice(0)) go();
    const stats = await until('the end of the run', async () => {
      const answer = PlaybookStatsAnswer.strict().parse(await read('/api/v1/playbook_stats?since=1h'));
      return answer.items[0]?.states.succeeded === 1 ? answer : null;
    });
    expect(stats.items).toMatchObject([
      { playbook_id: 'PB-Slow', runs: 1, outcomes: { nothing_done: 1 }, last_run: { run_id: run.run_id } },
    ]);
    expect(stats.items[0]?.median_duration_ms).toBeGreaterThan(0);
  });

  it('finds what there is by word and by id', async () => {
    const { items } = SearchAnswer.strict().parse(await read('/api/v1/search?q=checkout'));
    const types = items.map(({ type }) => type);

    expect(new Set(types)).toEqual(new Set(['incident', 'run', 'alert', 'rule']));
    const alert = items.find(({ type }) => type === 'alert')!;
    const byId = SearchAnswer.parse(await read(`/api/v1/search?q=${alert.id.slice(0, 20).toLowerCase()}`));
    expect(byId.items).toContainEqual(alert);
    expect(SearchAnswer.parse(await read('/api/v1/search?q=slowly')).items).toMatchObject([
      { type: 'run', title: 'PB-Slow' },
      { type: 'playbook', id: 'PB-Slow' },
    ]);
  });

  it('tests connections and texts', async () => {
    const dialed = ConnectionChecks.strict().parse(await post('/api/v1/executors/api_call/check', undefined));
    expect(dialed.items).toMatchObject([{ name: 'executors.api_call', ok: true }]);
    const none = ConnectionChecks.parse(await post('/api/v1/executors/prometheus_query/check', undefined));
    expect(none).toMatchObject({ items: [], message: expect.stringContaining('executors.prometheus.url') });
    const channel = ConnectionChecks.parse(await post('/api/v1/notifiers/webhook/check', undefined));
    expect(channel.items).toMatchObject([{ name: 'notifiers.webhook', ok: true }]);
    const checked = PlaybookCheckAnswer.strict().parse(
      await post('/api/v1/playbooks/check', { source: FILES['slow.yaml'].replace('api_call', 'api_cal') }),
    );
    expect(checked).toMatchObject({ ok: false, problems: [{ file: 'playbook.yaml', line: 5 }] });
  });

  it('stays signed in over a restart, until the session is ended', async () => {
    await world.stop();
    await world.start();
    expect((await ask('/api/v1/session')).status).toBe(200);
    expect((await ask('/api/v1/session', { method: 'DELETE' })).status).toBe(204);
    expect((await ask('/api/v1/session')).status).toBe(401);
  });
});
