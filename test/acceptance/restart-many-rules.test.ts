import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunHeader } from '../../src/domain/run/run.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, FixpointProcess } from '../helper/fixpoint-process.js';
import { until } from '../helper/until.js';

const PARENT = `
playbook_id: PB-Parent
mode: auto
trigger_conditions: [{ alert_name: Something_Broke }]
tasks:
  - { id: rest, type: wait, parameters: { duration: 2s } }
  - { id: other, type: playbook, depends_on: [rest], parameters: { playbook_id: PB-Child } }
`;
const CHILD = `
playbook_id: PB-Child
mode: auto
tasks:
  - { id: rest, type: wait, parameters: { duration: 1ms } }
`;
/** Reading them takes a second or more, in which open runs go on already. */
const RULES = JSON.stringify({
  rules: Array.from({ length: 20_000 }, (_, n) => ({
    rule_id: `R${n}`,
    service_name: `service-${n}`,
    matchers: [`team=~"team-${n}-.*"`],
    playbook_id: 'PB-Child',
  })),
});

describe('a restart with many rules', { timeout: 120_000 }, () => {
  const home = aHome({ 'parent.yaml': PARENT, 'child.yaml': CHILD, 'rules.yaml': RULES }, '');
  let service: FixpointProcess;
  afterEach(async () => {
    await service.kill();
    home.remove();
  });

  const runs = async (): Promise<RunHeader[]> =>
    (await service.get<{ items: RunHeader[] }>('/api/v1/runs?limit=10')).items;

  it('finds everything in place for an open run whose next step begins another, while rules are still read', async () => {
    service = await FixpointProcess.start(home);
    const body = alertmanagerBody([{ labels: { alertname: 'Something_Broke', service: 'shop' } }]);
    expect((await service.post('/api/v1/webhooks/alertmanager', body)).status).toBe(202);
    await until('the run waits', async () => (await runs()).some(({ state }) => state !== 'pending'));
    await service.kill();
    await sleep(2_100);

    service = await FixpointProcess.start(home);
    const ended = await until('both runs have ended', async () => {
      const all = await runs();
      return all.length === 2 && all.every(({ finished_at }) => finished_at !== null) && all;
    });
    expect(ended.map(({ playbook_id, state }) => `${playbook_id} ${state}`).sort()).toEqual([
      'PB-Child succeeded',
      'PB-Parent succeeded',
    ]);
  });
});
