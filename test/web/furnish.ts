import type { WebWorld } from './world.js';

/** One of everything that a page can show, by id. */
export interface Furniture {
  readonly alert_id: string;
  readonly held_alert_id: string;
  readonly incident_id: string;
  readonly done_run: string;
  readonly failed_run: string;
  readonly slow_run: string;
  readonly asking_run: string;
  readonly solved_run: string;
  readonly approval_id: string;
  readonly silence_id: string;
  readonly window_id: string;
  readonly letter_id: string;
}

interface Listed<T> {
  readonly items: readonly T[];
}

/** A maintenance window that comes every Friday night; answers its id. */
export async function openWeeklyWindow(world: WebWorld): Promise<string> {
  const { window_id } = await world.post<{ window_id: string }>('/api/v1/maintenance_windows', {
    matchers: ['service="batch"'],
    cron: '0 22 * * 5',
    duration: '4h',
    timezone: 'Europe/Berlin',
    hold: true,
    freeze: false,
    comment: 'weekly',
  });
  return window_id;
}

/** Fills the service: runs in every state, an approval, incidents, a silence that holds, a window, a refused body, a token. */
export async function furnish(world: WebWorld): Promise<Furniture> {
  world.shop.answer(({ url, method }) =>
    url.pathname === '/pipe/mend' && method === 'POST'
      ? { status: 500, json: { error: 'stuck' } }
      : { json: { left: 3 } },
  );
  const silence = await world.post<{ silence_id: string }>('/api/v1/silences', {
    matchers: ['alertname="Long_Work"', 'service="quiet"'],
    starts_at: new Date().toISOString(),
    ends_at: new Date(Date.now() + 3_600_000).toISOString(),
    comment: 'being rebuilt',
  });
  const window_id = await openWeeklyWindow(world);
  const [done_run, failed_run, slow_run, asking_run, solved_run] = await Promise.all([
    world.startRun('Slow_Checkout', 'checkout'),
    world.startRun('Broken_Pipe', 'pipes'),
    world.startRun('Long_Work', 'warehouse'),
    world.startRun('Full_Disk', 'files'),
    world.startRun('Odd_Orders', 'orders'),
  ]);
  const [held] = await world.send(
    [{ labels: { alertname: 'Long_Work', service: 'quiet', severity: 'warning' } }],
    'quiet',
  );
  await world.post('/api/v1/webhooks/alertmanager', '{oops').catch(() => undefined);
  await world.tokenOf('ann', 'viewer');
  await Promise.all([world.runIs(done_run, 'succeeded'), world.runIs(failed_run, 'failed')]);
  const { items: alerts } = await world.get<Listed<{ alert_id: string; incident_id: string | null }>>(
    `/api/v1/alerts?run_id=${done_run}`,
  );
  const { items: incidents } = await world.get<Listed<{ incident_id: string }>>('/api/v1/incidents?open=true');
  const { items: letters } = await world.get<Listed<{ dead_letter_id: string }>>('/api/v1/dead_letters');
  return {
    alert_id: alerts[0]?.alert_id ?? '',
    held_alert_id: held?.alert_id ?? '',
    incident_id: incidents[0]?.incident_id ?? '',
    ...{ done_run, failed_run, slow_run, asking_run, solved_run },
    approval_id: await world.approvalOf(asking_run),
    silence_id: silence.silence_id,
    window_id,
    letter_id: letters[0]?.dead_letter_id ?? '',
  };
}

/** The address of every page, with every tab that has an address. */
export function everyPage(on: Furniture): readonly string[] {
  return [
    '/',
    '/alerts',
    '/alerts?matcher=service%3D%22checkout%22&since=24h',
    `/alerts/${on.alert_id}`,
    `/alerts/${on.held_alert_id}`,
    '/incidents',
    `/incidents/${on.incident_id}`,
    '/runs',
    `/runs/${on.done_run}`,
    `/runs/${on.failed_run}?tab=events`,
    `/runs/${on.failed_run}?tab=report`,
    `/runs/${on.slow_run}?step=look`,
    `/runs/${on.asking_run}?tab=about`,
    `/runs/${on.solved_run}`,
    '/approvals',
    `/approvals/${on.approval_id}`,
    '/playbooks',
    '/playbooks?tab=check',
    '/playbooks/PB-Fix',
    '/playbooks/PB-Fix?tab=triggers',
    '/playbooks/PB-Fix?tab=source',
    '/playbooks/PB-Fix?tab=versions',
    '/rules',
    '/rules/R-FIX',
    `/rules?tab=explain&alert=${on.alert_id}`,
    '/rules?tab=backtest',
    '/silences',
    `/silences/${on.silence_id}`,
    '/silences?tab=windows',
    `/silences/windows/${on.window_id}`,
    '/silences?tab=inhibition',
    '/system',
    '/system?tab=dead_letters',
    `/system?tab=dead_letters&letter=${on.letter_id}`,
    '/system?tab=audit',
    '/system?tab=connections',
    '/system?tab=tokens',
    '/settings/nothing',
  ];
}
