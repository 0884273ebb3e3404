import type { Page } from '@playwright/test';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { RunAnswer } from '../../src/domain/api/run.js';
import { describeWith } from '../helper/servers.js';
import { settled } from '../web/browser.js';
import { drawnFrames, watchFrames } from '../web/frames.js';
import { isOn, sees } from '../web/hand.js';
import { setStage } from '../web/stage.js';
import { WebWorld } from '../web/world.js';

const EVENTS_PER_SECOND = 50;
const BUSY_ITEMS = 250;

/** Three events for each item, five items at a time. */
const BUSY = {
  playbook_id: 'PB-Busy',
  name: 'A busy one',
  tasks: [
    { id: 'begin', type: 'wait', parameters: { duration: '2s' } },
    {
      id: 'each',
      type: 'wait',
      depends_on: ['begin'],
      parameters: { duration: '100ms' },
      foreach: Array.from({ length: BUSY_ITEMS }, (_, index) => `i${index}`),
      max_parallel: 5,
    },
  ],
};

const RULES = [
  { rule_id: 'R-BUSY', alert_name: 'Busy', playbook_id: 'PB-Busy' },
  { rule_id: 'R-FIX', alert_name: 'Slow_Checkout', playbook_id: 'PB-Fix' },
];

await describeWith(['chromium'], 'the web pages when somebody is quick', ({ chromium }) => {
  const stage = setStage(chromium, () =>
    WebWorld.open({ 'busy.yaml': stringify(BUSY), 'rules.yaml': stringify({ rules: RULES }) }),
  );

  it.each([
    { opener: '/', says: 'search', times: 50 },
    { opener: '?', says: 'help', times: 10 },
  ])(
    'hears keys that are pressed in the very moment in which the $says closes, $times times',
    async ({ opener, times }) => {
      const { page, faults } = await stage.at('/runs');
      const unheard: number[] = [];
      for (let time = 0; time < times; time++) {
        const [key, path] = time % 2 === 0 ? ['a', '/alerts'] : ['r', '/runs'];
        await page.keyboard.press(opener);
        await page.locator('dialog[open]').waitFor();
        // Sent without waiting for one another: no frame is drawn in between.
        await Promise.all(['Escape', 'g', key].map((one) => page.keyboard.press(one)));
        await page.waitForURL(`**${path}`, { timeout: 2_000 }).catch(() => unheard.push(time));
        if (unheard.includes(time)) await page.goto(stage.world.url + path);
      }
      expect(unheard).toEqual([]);
      expect(faults).toEqual([]);
    },
    240_000,
  );

  it('opens again what was closed a moment ago, 50 times', async () => {
    const { page, faults } = await stage.at('/runs');
    const opened = page.locator('dialog[open]');
    const unheard: number[] = [];
    for (let time = 0; time < 50; time++) {
      await page.keyboard.press('/');
      await opened.waitFor();
      await Promise.all(['Escape', '/'].map((one) => page.keyboard.press(one)));
      await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn, 50)))');
      if (!(await opened.isVisible())) unheard.push(time);
      else await page.keyboard.press('Escape');
      await opened.waitFor({ state: 'detached' });
    }
    expect(unheard).toEqual([]);
    expect(faults).toEqual([]);
  }, 240_000);

  it('goes everywhere by keyboard alone', async () => {
    const run_id = await stage.world.startRun('Slow_Checkout', 'checkout');
    await stage.world.runIs(run_id, 'succeeded');
    await stage.world.runIs(await stage.world.startRun('Slow_Checkout', 'basket'), 'succeeded');
    const { page, faults } = await stage.at('/');
    await page.keyboard.press('?');
    await sees(page.getByRole('dialog').last(), 'Keyboard');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('A busy');
    await sees(page.getByRole('dialog').last(), 'PB-Busy');
    // In a search field the first one takes the words away.
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    for (const key of ['g', 'r']) await page.keyboard.press(key);
    await isOn(page, 'Runs');
    await page.locator('[data-row="1"]').waitFor();
    for (const key of ['j', 'j', 'k', 'j']) await page.keyboard.press(key);
    await page.locator('[data-row="1"] .row-link:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/runs/${run_id}`);
    await page.locator('.page-back').waitFor();
    expect(faults).toEqual([]);
  });

  it.each([
    // The list is drawn with every event, the steps with the run that is asked for again at a steady pace.
    { tab: 'events', watched: '.events-state .number', isDrawnAtOnce: true },
    { tab: 'steps', watched: '[role="tab"][id$="events"]', isDrawnAtOnce: false },
  ])(
    `draws ${EVENTS_PER_SECOND} events a second on the $tab of a run: none is lost, and no second passes without a frame`,
    { retry: 2 },
    async ({ tab, watched, isDrawnAtOnce }) => {
      const run_id = await stage.world.startRun('Busy', `busy-${tab}`);
      const { page, faults } = await stage.at(`/runs/${run_id}?tab=${tab}`);
      await stage.world.eventually('the first items', async () => {
        const { seq } = await stage.world.get<RunAnswer>(`/api/v1/runs/${run_id}`);
        return seq > 30;
      });
      await watchFrames(page, watched);
      await stage.world.eventually('most of the items', async () => {
        const { seq } = await stage.world.get<RunAnswer>(`/api/v1/runs/${run_id}`);
        return seq > BUSY_ITEMS * 2;
      });
      const drawn = await drawnFrames(page);
      expect(drawn.frames.length).toBeGreaterThan(1);
      await stage.world.runIs(run_id, 'succeeded');
      const { seq } = await stage.world.get<RunAnswer>(`/api/v1/runs/${run_id}`);
      await page.getByRole('tab', { name: new RegExp(`^Events\\D*${seq}$`) }).waitFor();
      if (tab === 'events') await allShown(page, seq);
      expect(drawn.frames.filter((frames) => frames === 0)).toEqual([]);
      if (isDrawnAtOnce) expect(drawn.changes.filter((changes) => changes === 0)).toEqual([]);
      expect(faults).toEqual([]);
    },
  );
});

/** Every number from 1 on stands in the list, and its last row is drawn when it is gone to. */
async function allShown(page: Page, seq: number): Promise<void> {
  await settled(page);
  await page.locator(`[role="table"][aria-rowcount="${seq + 1}"]`).waitFor();
  await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
  await page.locator(`[data-row="${seq - 1}"]`).waitFor();
}
