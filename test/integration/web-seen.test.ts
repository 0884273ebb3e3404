import type { Locator, Page } from '@playwright/test';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { describeWith } from '../helper/servers.js';
import { drawn } from '../web/browser.js';
import { openWeeklyWindow } from '../web/furnish.js';
import { sees } from '../web/hand.js';
import { setStage } from '../web/stage.js';
import { WebWorld } from '../web/world.js';

const CHAIN = Array.from({ length: 6 }, (_, place) => ({
  id: `s${place}`,
  name: `Part ${place} of the whole chain`,
  type: 'api_call',
  action: `GET /chain/${place}`,
  ...(place > 0 && { depends_on: [`s${place - 1}`] }),
}));
const BRIEF = {
  playbook_id: 'PB-Brief',
  name: 'A brief one',
  timeout: '2s',
  tasks: [
    { id: 'look', type: 'api_call', action: 'GET /brief' },
    { id: 'rest', type: 'wait', depends_on: ['look'], parameters: { duration: '10m' } },
    { id: 'act', type: 'api_call', action: 'POST /brief/act', depends_on: ['rest'], conditions: ['{{ 1 < 2 }}'] },
  ],
};
const JUDGED = {
  playbook_id: 'PB-Judged',
  name: 'One that looks first',
  tasks: [
    { id: 'look', type: 'api_call', action: 'GET /judged', output_variable: 'seen' },
    { id: 'act', type: 'api_call', action: 'GET /more', depends_on: ['look'], conditions: ['{{ seen.left > 2 }}'] },
  ],
};
/** Two of its tasks are for what is not the case. */
const BRANCH = {
  playbook_id: 'PB-Branch',
  name: 'One with a branch',
  tasks: [
    { id: 'look', name: 'See it', type: 'api_call', action: 'GET /judged', output_variable: 'seen' },
    {
      id: 'many',
      name: 'Only for many',
      type: 'api_call',
      action: 'POST /many',
      depends_on: ['look'],
      conditions: ['{{ seen.left > 5 }}'],
    },
    {
      id: 'behind',
      name: 'Behind it',
      type: 'api_call',
      action: 'GET /many',
      depends_on: ['many'],
      conditions: ['{{ seen.none == 1 }}'],
    },
    { id: 'few', name: 'For few', type: 'api_call', action: 'GET /few', depends_on: ['look'] },
  ],
};
const RULES = [
  { rule_id: 'R-CHAIN', alert_name: 'Service_Latency_Exceeded', playbook_id: 'PB-Chain' },
  { rule_id: 'R-BRIEF', alert_name: 'Brief', playbook_id: 'PB-Brief' },
  { rule_id: 'R-JUDGED', alert_name: 'Judged', playbook_id: 'PB-Judged' },
  { rule_id: 'R-BRANCH', alert_name: 'Branch', playbook_id: 'PB-Branch' },
  { rule_id: 'R-ASK', alert_name: 'Full_Disk', playbook_id: 'PB-Ask' },
  { rule_id: 'R-FAIL', alert_name: 'Broken_Pipe', playbook_id: 'PB-Fail' },
];

await describeWith(['chromium'], 'what is seen at a glance on the web pages', ({ chromium }) => {
  const stage = setStage(chromium, async () => {
    const world = await WebWorld.open({
      'chain.yaml': stringify({ playbook_id: 'PB-Chain', name: 'A chain', tasks: CHAIN }),
      'brief.yaml': stringify(BRIEF),
      'judged.yaml': stringify(JUDGED),
      'branch.yaml': stringify(BRANCH),
      'rules.yaml': stringify({ rules: RULES }),
    });
    world.shop.answer(({ url }) => (url.pathname === '/pipe/mend' ? { status: 500 } : { json: { left: 3 } }));
    return world;
  });

  it('a run that its timeout ended is not shown as one that was done', async () => {
    const run_id = await stage.world.startRun('Brief', 'brief');
    await stage.world.eventually('its end', async () => {
      const { finished_at } = await stage.world.get<{ finished_at: string | null }>(`/api/v1/runs/${run_id}`);
      return finished_at !== null;
    });
    const { page, faults } = await stage.at(`/runs/${run_id}`);
    const bar = page.getByRole('progressbar', { name: '1 of 3 steps, 2 skipped or cancelled' });
    await bar.waitFor();
    expect(await bar.getAttribute('aria-valuenow')).toBe('1');
    const [whole, good] = [await bar.boundingBox(), await bar.locator('.progress-good').boundingBox()];
    expect(good!.width / whole!.width).toBeCloseTo(1 / 3, 1);
    await sees(page.locator('.run-lead'), '1/3');
    expect(faults).toEqual([]);
  });

  it('a graph that is wider than its frame begins at the left, and is whole as soon as there is room', async () => {
    const run_id = await stage.world.startRun('Service_Latency_Exceeded', 'payment-gateway');
    await stage.world.runIs(run_id, 'succeeded');
    const { page, faults } = await stage.at(`/runs/${run_id}`, { width: 768, height: 1024 });
    const frame = page.locator('.run-graph');
    const first = page.locator('[data-step="s0"]');
    const fromLeft = async (): Promise<number> => (await first.boundingBox())!.x - (await frame.boundingBox())!.x;
    await expect.poll(fromLeft).toBeLessThan(40);
    expect(await fromLeft()).toBeGreaterThanOrEqual(0);
    await page.setViewportSize({ width: 1440, height: 900 });
    await expect.poll(() => isWithin(page.locator('[data-step="s5"]'), frame)).toBe(true);
    expect(await isWithin(first, frame)).toBe(true);
    const narrow = (await frame.boundingBox())!.width;
    // A large screen has the time line beside it, and takes none of its room for that.
    await page.setViewportSize({ width: 1920, height: 1080 });
    await expect.poll(() => rows(page.locator('.run-graph, .time-line'))).toBe(1);
    expect((await frame.boundingBox())!.width).toBeGreaterThan(narrow * 0.8);
    await expect.poll(() => isWithin(page.locator('[data-step="s5"]'), frame)).toBe(true);
    expect(await cut(page, '.time-line .truncate')).toEqual([]);
    expect(await cut(page, '.graph-node-name')).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('what a condition saw is told in Chinese, too', async () => {
    const run_id = await stage.world.startRun('Judged', 'judged');
    await stage.world.runIs(run_id, 'succeeded');
    const { page, faults } = await stage.at(`/runs/${run_id}?step=act`, { language: 'zh' });
    await sees(page.getByRole('dialog').last(), 'seen.left 为 3');
    expect(faults).toEqual([]);
  });

  it.each([
    {
      ...{ many: 'seen.left > 5: seen.left is 3', behind: 'seen.none == 1: seen.none is missing' },
      language: 'en',
      why: 'condition does not hold: {{ seen.left > 5 }}: seen.left is 3',
    },
    {
      ...{ many: 'seen.left > 5：seen.left 为 3', behind: 'seen.none == 1：seen.none 不存在' },
      language: 'zh',
      why: '条件不成立：{{ seen.left > 5 }}：seen.left 为 3',
    },
  ] as const)('a branch that was skipped says why, in the graph and in the list ($language)', async (told) => {
    const { language, many, behind, why } = told;
    const run_id = await stage.world.startRun('Branch', `branch-${language}`);
    await stage.world.runIs(run_id, 'succeeded');
    const { page, goto, faults } = await stage.at(`/runs/${run_id}`, { language });
    for (const [step, reason] of [
      ['many', many],
      ['behind', behind],
    ] as const) {
      const node = page.locator(`[data-step="${step}"]`);
      await expect.poll(() => node.innerText()).toContain(reason);
      expect(await node.getAttribute('class')).toContain('skipped');
    }
    expect(await page.locator('[data-step="many"]').getAttribute('title')).toContain(why);
    expect(await page.locator('.graph-edge.muted').count()).toBe(2);
    // The lines are for the eye; a count is not read as part of the word before it.
    expect(await page.getByRole('img', { name: /^Edge/ }).count()).toBe(0);
    await page.getByRole('tab', { name: /^(Steps|步骤) 4$/ }).waitFor();
    await goto(`/runs/${run_id}?view=list`);
    await sees(page.getByRole('row').filter({ hasText: 'Only for many' }), why);
    expect(faults).toEqual([]);
  });

  it('what is not there is said in Chinese, too', async () => {
    const { page, goto } = await stage.at('/runs/01NOPE', { language: 'zh' });
    await sees(page, '没有运行 01NOPE');
    await goto('/playbooks/PB-Nope');
    await sees(page, /^没有剧本 PB-Nope/);
  });

  it('a write of which nobody knows whether it took place is not reported as nothing done', async () => {
    const run_id = await stage.world.startRun('Broken_Pipe', 'pipes');
    await stage.world.runIs(run_id, 'failed');
    const { page, faults } = await stage.at(`/runs/${run_id}?tab=report`);
    await sees(page, 'Nothing that is known; what is in doubt stands above.');
    expect(await page.getByText('Nothing was done.').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('an approval leads to the rule that asked for it', async () => {
    const run_id = await stage.world.startRun('Full_Disk', 'files');
    const { page, faults } = await stage.at(`/approvals/${await stage.world.approvalOf(run_id)}`);
    await page.getByRole('link', { name: 'rule R-ASK', exact: true }).click();
    await page.waitForURL('**/rules/R-ASK');
    expect(faults).toEqual([]);
  });

  it.each(['en', 'zh'] as const)('names, figures and verdicts stand whole on a tablet (%s)', async (language) => {
    const run_id = await stage.world.startRun('Service_Latency_Exceeded', `payment-gateway-${language}`);
    await stage.world.runIs(run_id, 'succeeded');
    const { page, goto, faults } = await stage.at('/alerts', { width: 768, height: 1024, language });
    await page.locator('[data-row="0"]').waitFor();
    expect(await cut(page, '.alerts-name .truncate')).toEqual([]);
    expect(await cut(page, '.alerts-service')).toEqual([]);
    await goto(`/runs/${run_id}`);
    expect(await cut(page, '.time-line .truncate')).toEqual([]);
    await goto('/incidents');
    await page.locator('[data-row="0"]').waitFor();
    expect(await cut(page, '.incident-title')).toEqual([]);
    await goto('/system');
    expect(await rows(page.locator('.system-figure'))).toBe(1);
    await goto('/system?tab=connections');
    const uneven: string[] = [];
    for (const head of await page.locator('.system-connection-head').all())
      if ((await rows(head.locator('> *'))) > 1) uneven.push(await head.innerText());
    expect(uneven).toEqual([]);
    expect(faults).toEqual([]);
  });

  it.each(['en', 'zh'] as const)(
    'on a phone states stand whole, and buttons fill their lines (%s)',
    async (language) => {
      await stage.world.post('/api/v1/silences', {
        matchers: ['alertname="Nobody"'],
        ...{ starts_at: new Date().toISOString(), ends_at: new Date(Date.now() + 3_600_000).toISOString() },
        comment: 'a comment that is longer than a line of a phone has room for, and goes on and on',
      });
      const [alert] = await stage.world.send(
        [
          {
            labels: {
              alertname: 'Nobody_Knows',
              service: 'a-service-with-a-long-name-of-its-own',
              severity: 'critical',
            },
          },
        ],
        `phone-${language}`,
      );
      const { page, goto, faults } = await stage.at('/silences', { width: 360, height: 740, language });
      await page.locator('[data-row="0"]').waitFor();
      expect(await cut(page, '.card-bottom .sign .truncate')).toEqual([]);
      await goto('/incidents');
      await page.locator('[data-row="0"]').waitFor();
      expect(await cut(page, '.incident-card-who')).toEqual([]);
      await goto(`/alerts/${alert!.alert_id}`);
      const room = (await page.locator('.page-actions').boundingBox())!;
      const ends = new Map<number, number>();
      for (const button of await page.locator('.page-actions > button').all()) {
        const { x, y, width } = (await button.boundingBox())!;
        ends.set(Math.round(y), Math.max(ends.get(Math.round(y)) ?? 0, x + width));
      }
      for (const end of ends.values()) expect(end).toBeCloseTo(room.x + room.width, 0);
      expect(faults).toEqual([]);
    },
  );

  it('on a phone the menu of a run stands beside the way back, not in a row of its own', async () => {
    const run_id = await stage.world.startRun('Judged', 'judged-on-a-phone');
    await stage.world.runIs(run_id, 'succeeded');
    const { page, faults } = await stage.at(`/runs/${run_id}`, { width: 360, height: 740 });
    await page.getByRole('button', { name: 'More actions' }).waitFor();
    expect(await rows(page.locator('.page-back, .page-actions > .icon-only'))).toBe(1);
    expect(await isWithin(page.locator('.page-actions > .icon-only'), page.locator('.page-header'))).toBe(true);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem').first().waitFor();
    expect(faults).toEqual([]);
  });

  it('on a phone who did what and when, the chosen tab and the times of a window are not cut or torn', async () => {
    await stage.world.post('/api/v1/webhooks/alertmanager', '{oops').catch(() => undefined);
    const window_id = await openWeeklyWindow(stage.world);
    const { page, goto, faults } = await stage.at('/system?tab=audit', { width: 360, height: 740 });
    await page.locator('[data-row="0"]').waitFor();
    expect(await cut(page, '.audit-who')).toEqual([]);
    for (const top of await page.locator('.card-top').all())
      expect(await isWithin(top.locator('> :last-child'), page.locator('.data-list'))).toBe(true);
    await goto('/system?tab=tokens');
    await page.getByRole('tab', { name: /^Dead letters\s*1/ }).waitFor();
    await drawn(page);
    expect(await isWithin(page.getByRole('tab', { selected: true }), page.getByRole('tablist'))).toBe(true);
    await goto(`/silences/windows/${window_id}`);
    const times = page.getByRole('table').locator('time');
    await times.first().waitFor();
    for (const time of await times.all()) expect((await time.boundingBox())!.height).toBeLessThan(45);
    expect(faults).toEqual([]);
  });
});

/** Whether all of it is inside the other one's box. */
async function isWithin(inner: Locator, outer: Locator): Promise<boolean> {
  const [a, b] = [await inner.boundingBox(), await outer.boundingBox()];
  if (a === null || b === null) return false;
  const isInside = (at: number, length: number, from: number, room: number): boolean =>
    at >= from - 1 && at + length <= from + room + 1;
  return isInside(a.x, a.width, b.x, b.width) && isInside(a.y, a.height, b.y, b.height);
}

/** The texts that end in dots because there is no room for them. */
function cut(page: Page, selector: string): Promise<string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].filter((one) => one.scrollWidth > one.clientWidth || (getComputedStyle(one).webkitLineClamp !== 'none' && one.scrollHeight > one.clientHeight + 1)).map((one) => one.textContent)`,
  );
}

/** In how many rows these stand: those that overlap from top to bottom are in one. */
async function rows(all: Locator): Promise<number> {
  let count = 0;
  let bottom = -Infinity;
  for (const one of await all.all()) {
    const box = await one.boundingBox();
    if (box === null) continue;
    if (box.y >= bottom - 1) count++;
    bottom = Math.max(bottom, box.y + box.height);
  }
  return count;
}
