import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../helper/servers.js';
import { until } from '../helper/until.js';
import { axeFaults, launch, sideways, visit } from '../web/browser.js';
import type { Look, Visitor } from '../web/browser.js';
import { TOKEN, WebWorld } from '../web/world.js';

const HEADERS = { authorization: `Bearer ${TOKEN}` };
const FIRST = '{"version":"4","groupKey":"g","status":"firing","receiver":"r","alerts":[';

/** A group of `many` alerts, each about as long as real ones, with text that would be something else if it were no text. */
function aBody(many: number): string {
  const alerts = Array.from({ length: many }, (_, index) => ({
    status: 'firing',
    labels: {
      alertname: `Payload ${index}`,
      host: `h${index}`,
      note: '<img src=x onerror=alert(1)> \u202Etfel \u0645\u0631\u062d\u0628\u0627',
    },
    annotations: { description: 'x'.repeat(100) },
    startsAt: '2026-11-21T09:50:49.903Z',
  }));
  return `${FIRST}${alerts.map((alert) => JSON.stringify(alert)).join(',')}]}`;
}

await describeWith(['chromium'], 'what really came, on the pages', ({ chromium }) => {
  let world: WebWorld;
  let browser: Browser;

  beforeAll(async () => {
    [world, browser] = await Promise.all([WebWorld.open(), launch(chromium)]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  /** Sends a body, and answers the ids of its alerts once the body is kept. */
  async function send(body: string): Promise<string[]> {
    const answer = await fetch(`${world.url}/api/v1/webhooks/alertmanager`, { method: 'POST', headers: HEADERS, body });
    const { alerts } = (await answer.json()) as { alerts: { alert_id: string }[] };
    const ids = alerts.map(({ alert_id }) => alert_id);
    await until('the body to be kept', async () => {
      return (await fetch(`${world.url}/api/v1/alerts/${ids[0]}/payload`, { headers: HEADERS })).ok;
    });
    return ids;
  }

  async function looking<T>(look: Look, path: string, work: (visitor: Visitor) => Promise<T>): Promise<T> {
    const visitor = await visit(browser, world.url, look);
    try {
      await visitor.goto(path);
      return await work(visitor);
    } finally {
      await visitor.close();
    }
  }

  it('stand as text with the alert marked and in view, also of half a megabyte, and are copied as they came', async () => {
    const body = aBody(1_500);
    expect(body.length).toBeGreaterThan(400_000);
    expect(body.length).toBeLessThan(512 * 1024);
    const ids = await send(body);
    await looking({}, `/alerts/${ids[1_200]}`, async ({ page, faults }) => {
      expect(await page.locator('.payload-text').count()).toBe(0);
      await page.getByText('Show what was sent').click();
      const own = page.locator('.payload-own');
      await own.waitFor();

      expect(await own.innerText()).toContain('"alertname": "Payload 1200"');
      expect(await own.innerText()).not.toContain('Payload 1201');
      const [box, mark] = [await page.locator('.payload-text').boundingBox(), await own.boundingBox()];
      expect(mark!.y).toBeGreaterThanOrEqual(box!.y);
      expect(mark!.y).toBeLessThan(box!.y + box!.height);
      expect(await page.locator('.payload-text img').count()).toBe(0);
      await page.getByText('This alert is entry 1,201').waitFor();

      await page.getByRole('button', { name: 'Exactly as it came' }).click();
      expect(await page.locator('.payload-text').innerText()).toContain(FIRST);
      const panel = page.locator('section', { hasText: 'The payload as it came' });
      await panel.getByRole('button', { name: 'Copy', exact: true }).first().click();
      expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(body);
      expect(await axeFaults(page)).toEqual([]);
      expect(faults).toEqual([]);
    });
  });

  it('are told in Chinese with everything around them, at the width of a phone too', async () => {
    const [id] = await send(aBody(2));
    await looking({ language: 'zh', theme: 'dark', width: 360 }, `/alerts/${id}`, async ({ page, faults }) => {
      await page.getByText('没有规则匹配', { exact: false }).first().waitFor();
      // The sentences come with a file of their own.
      await expect.poll(() => page.locator('[lang="en"]').allInnerTexts()).toEqual([]);
      await page.getByText('查看发送的内容').click();
      await page.locator('.payload-own').waitFor();
      expect(await sideways(page)).toBe(0);
      expect(await axeFaults(page)).toEqual([]);
      expect(faults).toEqual([]);
    });
  });

  it('are found by a search that leads to more of a kind and is gone at the first Escape', async () => {
    await send(aBody(30));
    await looking({ width: 1024 }, '/', async ({ page, faults }) => {
      await page.keyboard.press('/');
      const field = page.getByRole('combobox', { name: 'An id, a name, a service, a word' });
      await field.fill('payload');
      const more = page.getByRole('option', { name: 'Alert: show more' });
      await more.waitFor();
      // The incident that they make comes first, with how bad it is and how it stands.
      expect(await page.getByRole('option').first().innerText()).toMatch(/Incident[^]*P\d[^]*Open/i);
      const alerts = page.getByRole('option', { name: /^Alert\b.*Payload \d+/s });
      expect(await alerts.count()).toBe(10);
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await until('all of them', async () => (await alerts.count()) > 20);

      await field.fill('payload 7');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      expect(await page.locator('dialog[open]').count()).toBe(0);
      expect(faults).toEqual([]);
    });
  });
});
