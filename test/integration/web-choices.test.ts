import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SilenceAnswer } from '../../src/domain/api/suppression.js';
import { describeWith } from '../helper/servers.js';
import { axeFaults, launch, settled, sideways, visit } from '../web/browser.js';
import type { Look, Visitor } from '../web/browser.js';
import { answerDialog, isOn, press, sees } from '../web/hand.js';
import { WebWorld } from '../web/world.js';

const MINUTE_MS = 60_000;

await describeWith(['chromium'], 'what a person changes and compares on the web pages', ({ chromium }) => {
  let world: WebWorld;
  let browser: Browser;
  let playbooks = '';
  const visitors: Visitor[] = [];

  beforeAll(async () => {
    [world, browser] = await Promise.all([
      WebWorld.open(
        {},
        {
          prepare: async ({ directory }) => {
            playbooks = join(directory, 'playbooks');
          },
        },
      ),
      launch(chromium),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });
  afterEach(async () => {
    await Promise.all(visitors.splice(0).map((visitor) => visitor.close()));
  });

  async function at(path: string, look: Look = {}): Promise<Visitor> {
    const visitor = await visit(browser, world.url, look);
    visitors.push(visitor);
    await visitor.goto(path);
    return visitor;
  }

  describe('a silence', () => {
    function silence(silence_id: string): Promise<SilenceAnswer> {
      return world.get<SilenceAnswer>(`/api/v1/silences/${silence_id}`);
    }

    async function made(comment: string): Promise<string> {
      const ends_at = new Date(Date.now() + 60 * MINUTE_MS).toISOString();
      const matchers = ['service="checkout"'];
      return (await world.post<SilenceAnswer>('/api/v1/silences', { matchers, ends_at, comment })).silence_id;
    }

    it('is changed by one that takes its place, which says so and leads back', async () => {
      const old = await made('the racks are moved');
      const { page, faults } = await at(`/silences/${old}`);
      await press(page, 'Change');
      const dialog = page.getByRole('dialog', { name: 'Change the silence' });
      await dialog.getByLabel('For how long').selectOption({ label: '4 hours' });
      await dialog.getByLabel('Comment').fill('');
      await press(dialog, 'Change');
      await sees(dialog, /^Say why/);
      expect((await silence(old)).state, 'nothing is sent before it can be').toBe('active');
      await dialog.getByLabel('Comment').fill('the racks take longer');
      await press(dialog, 'Change');
      await dialog.waitFor({ state: 'hidden' });
      await isOn(page, 'the racks take longer');
      const now = await silence(new URL(page.url()).pathname.split('/')[2] ?? '');
      expect(now).toMatchObject({ replaces: old, state: 'active', matchers: ['service="checkout"'] });
      expect(Date.parse(now.ends_at)).toBeGreaterThan(Date.now() + 200 * MINUTE_MS);
      expect((await silence(old)).state).toBe('expired');
      await page.getByRole('link', { name: old, exact: true }).click();
      await isOn(page, 'the racks are moved');
      await page.getByRole('button', { name: 'Silence again', exact: true }).waitFor();
      expect(faults).toEqual([]);
    });

    it('that has ended is made again as it was', async () => {
      const old = await made('every first of the month');
      const { page, faults } = await at(`/silences/${old}`);
      await press(page, 'End it now');
      await answerDialog(page, 'End it now');
      await press(page, 'Silence again');
      const dialog = page.getByRole('dialog', { name: 'Silence again' });
      expect(await dialog.getByLabel('Comment').inputValue()).toBe('every first of the month');
      await press(dialog, 'Silence');
      await page.waitForURL((url) => url.pathname.startsWith('/silences/') && !url.pathname.endsWith(old));
      expect(await silence(new URL(page.url()).pathname.split('/')[2] ?? '')).toMatchObject({
        comment: 'every first of the month',
        state: 'active',
        replaces: null,
      });
      expect(faults).toEqual([]);
    });
  });

  it('two versions of a playbook are compared line by line, either way round, and the address says which', async () => {
    const file = join(playbooks, 'fix.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('Warm the cache', 'Warm both caches'));
    const versions = await world.eventually('the second version', async () => {
      const { items } = await world.get<{ items: { version: string }[] }>('/api/v1/playbooks/PB-Fix/versions');
      return items.length === 2 ? items.map(({ version }) => version) : null;
    });
    const { page, faults } = await at('/playbooks/PB-Fix?tab=versions');
    const added = page.locator('.diff-line.added code');
    const removed = page.locator('.diff-line.removed code');
    await sees(page, '1 line added, 1 line removed');
    expect(await added.allInnerTexts()).toEqual([expect.stringContaining('Warm both caches')]);
    expect(await removed.allInnerTexts()).toEqual([expect.stringContaining('Warm the cache')]);
    await press(page, 'Turn around');
    await page.waitForURL(new RegExp(`from=${versions[0]}&to=${versions[1]}`));
    expect(await added.allInnerTexts()).toEqual([expect.stringContaining('Warm the cache')]);
    await page.reload();
    await settled(page);
    expect(await removed.allInnerTexts()).toEqual([expect.stringContaining('Warm both caches')]);
    await page.getByLabel('To').selectOption({ value: versions[0] ?? '' });
    await sees(page, 'Both are the same text.');
    expect(faults).toEqual([]);
  });

  it('open questions are walked with j and k, then what was answered; Enter opens one', async () => {
    for (const service of ['walked-1', 'walked-2']) await world.approvalOf(await world.startRun('Full_Disk', service));
    const { page, faults } = await at('/approvals');
    const questions = page.locator('.approval-title a');
    await expect.poll(() => questions.count()).toBeGreaterThanOrEqual(2);
    const goesTo = async (key: string, index: number): Promise<void> => {
      await page.keyboard.press(key);
      await expect.poll(() => questions.nth(index).and(page.locator(':focus')).count()).toBe(1);
    };
    await goesTo('j', 0);
    await goesTo('j', 1);
    await goesTo('k', 0);
    const href = await questions.nth(0).getAttribute('href');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).pathname).toBe(href);
    await sees(page, 'Approve');
    expect(faults).toEqual([]);
  });

  it('a page is printed without what can be pressed, dark on white', async () => {
    const run_id = await world.startRun('Slow_Checkout', 'printed');
    await world.runIs(run_id, 'succeeded');
    const { page } = await at(`/runs/${run_id}?tab=report`, { theme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await sees(page, 'Course of events');
    for (const name of ['.rail', '.page-actions', '.tab-list'])
      expect(await page.locator(name).first().isVisible(), name).toBe(false);
    expect(await page.evaluate<string>('getComputedStyle(document.body).color')).toBe('rgb(26, 31, 41)');
  });

  it('language and theme are chosen in place, stay after a reload, and follow the system again', async () => {
    const { page, faults } = await at('/runs', { language: 'en', theme: 'light' });
    await page.getByRole('button', { name: 'Account and appearance', exact: true }).click();
    const light = await background(page);
    await page.getByLabel('Theme').selectOption({ label: 'Dark' });
    await expect.poll(() => background(page)).not.toBe(light);
    await page.getByLabel('Language').selectOption({ label: '中文' });
    await isOn(page, '运行');
    expect(await page.getAttribute('html', 'lang')).toMatch(/^zh/);
    await page.reload();
    await settled(page);
    await isOn(page, '运行');
    expect(await background(page)).not.toBe(light);
    await page.getByRole('button', { name: '账户与外观', exact: true }).click();
    await page.getByLabel('语言').selectOption({ value: 'system' });
    await isOn(page, 'Runs');
    await page.getByLabel('Theme').selectOption({ value: 'system' });
    await expect.poll(() => background(page)).toBe(light);
    await page.reload();
    await settled(page);
    await isOn(page, 'Runs');
    expect(await background(page)).toBe(light);
    expect(faults).toEqual([]);
  });

  it.each([
    { language: 'en', theme: 'light', width: 1440, title: '3 changes cannot be written', run: 'Run' },
    { language: 'zh', theme: 'dark', width: 360, title: '3 项无法写入', run: '运行' },
  ] as const)(
    'what the database does not get done stands on System, with what to do ($language)',
    async ({ title, run, ...look }) => {
      const run_id = await world.startRun('Slow_Checkout', `stuck-${look.language}`);
      await world.runIs(run_id, 'succeeded');
      const { page, faults, goto } = await at('/', look);
      // Held rows need a Postgres of one's own: only what the service would say of them is put in.
      await page.route('**/api/v1/system', async (route) => {
        const answer = await route.fetch();
        const known = (await answer.json()) as object;
        await route.fulfill({ json: { ...known, stuck: [`the run ${run_id}`, 'the occurrence f00d', '<b>x</b>'] } });
      });
      await goto('/system');
      const panel = page.getByRole('region', { name: title });
      await sees(panel, '<b>x</b>');
      await sees(panel, /pg_blocking_pids/);
      expect(await panel.locator('li').first().innerText()).toContain(run);
      expect(await axeFaults(page)).toEqual([]);
      expect(await sideways(page)).toBe(0);
      await panel.getByRole('link', { name: run_id }).click();
      await isOn(page, 'Make the checkout quick again');
      await page.unroute('**/api/v1/system');
      await goto('/system');
      expect(await panel.count(), 'where nothing is stuck nothing is said').toBe(0);
      expect(faults).toEqual([]);
    },
  );
});

function background(page: Page): Promise<string> {
  return page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
}
