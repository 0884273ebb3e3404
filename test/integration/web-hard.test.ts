import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { RunAnswer } from '../../src/domain/api/run.js';
import { describeWith } from '../helper/servers.js';
import { launch, sideways, visit } from '../web/browser.js';
import type { Visitor } from '../web/browser.js';
import { sees } from '../web/hand.js';
import { WebWorld } from '../web/world.js';

const FAN_OUT = 50;
const STEPS = 150;
const MARKUP = '<img src=x onerror="window.wasHit=true">';

/** Steps in chains of ten, side by side, and one that is done for each of fifty items: 200 in all. */
const WIDE = {
  playbook_id: 'PB-Wide',
  name: 'A wide one',
  tasks: [
    ...Array.from({ length: STEPS - 1 }, (_, index) => ({
      id: `s${index}`,
      type: 'api_call',
      action: `GET /wide/${index}`,
      ...(index % 10 === 0 ? {} : { depends_on: [`s${index - 1}`] }),
    })),
    {
      id: 'each',
      type: 'api_call',
      action: 'GET /item/{{ item }}',
      foreach: Array.from({ length: FAN_OUT }, (_, index) => `i${index}`),
      max_parallel: 10,
    },
  ],
};

await describeWith(['chromium'], 'the web pages where it is hard', ({ chromium }) => {
  let world: WebWorld;
  let browser: Browser;

  beforeAll(async () => {
    const rules = { rule_id: 'R-WIDE', alert_name: 'Wide', playbook_id: 'PB-Wide' };
    const slow = { rule_id: 'R-SLOW', alert_name: 'Long_Work', playbook_id: 'PB-Slow' };
    [world, browser] = await Promise.all([
      WebWorld.open({ 'wide.yaml': stringify(WIDE), 'rules.yaml': stringify({ rules: [rules, slow] }) }),
      launch(chromium),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  async function at(path: string, width = 1440): Promise<Visitor> {
    const visitor = await visit(browser, world.url, { width });
    await visitor.goto(path);
    return visitor;
  }

  it('shows what comes from outside as text: markup, a long description, right-to-left, and what is missing', async () => {
    const [hostile] = await world.send(
      [
        {
          labels: { alertname: MARKUP, service: MARKUP, severity: 'critical', team: `"><script>wasHit=true</script>` },
          annotations: { description: `${MARKUP} مرحبا بالعالم ${'x'.repeat(1_000_000)} the end of it` },
        },
      ],
      'hostile',
    );
    const [bare] = await world.send([{ labels: { alertname: 'Bare' } }], 'bare');
    const over: string[] = [];
    for (const width of [360, 1440]) {
      const { page, goto, faults, close } = await at('/alerts', width);
      await sees(page, MARKUP);
      for (const path of [`/alerts/${hostile?.alert_id}`, `/alerts/${bare?.alert_id}`, '/', '/incidents']) {
        await goto(path);
        if ((await sideways(page)) > 0) over.push(`${path} at ${width}`);
        expect(await page.evaluate('window.wasHit')).toBeUndefined();
      }
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      expect(faults).toEqual([]);
      await close();
    }
    expect(over).toEqual([]);
  });

  it('draws a run of two hundred steps with a fan-out of fifty, live to its end', async () => {
    const run_id = await world.startRun('Wide', 'wide');
    const { page, faults, close } = await at(`/runs/${run_id}`);
    await world.runIs(run_id, 'succeeded');
    await page.locator('.page-header').getByText('succeeded', { exact: true }).waitFor();
    const { steps } = await world.get<RunAnswer>(`/api/v1/runs/${run_id}`);
    expect(steps.length).toBeGreaterThanOrEqual(STEPS + FAN_OUT);
    expect(await sideways(page)).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
    await close();
  });

  it('goes on by itself when the service was killed and came back, and has missed nothing', async () => {
    const run_id = await world.startRun('Long_Work', 'restarted');
    const { page, close } = await at(`/runs/${run_id}?tab=events`);
    await sees(page, 'live');
    await world.kill();
    await world.start();
    await world.post(`/api/v1/runs/${run_id}/cancel`, { reason: 'after the restart' });
    await world.runIs(run_id, 'cancelled');
    await page.locator('.page-header').getByText('cancelled', { exact: true }).waitFor({ timeout: 40_000 });
    const { seq } = await world.get<RunAnswer>(`/api/v1/runs/${run_id}`);
    await page.getByRole('tab', { name: new RegExp(`^Events\\D*${seq}$`) }).waitFor();
    await close();
  });
});
