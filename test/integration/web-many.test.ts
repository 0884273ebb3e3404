import type { Page } from '@playwright/test';
import { expect, it } from 'vitest';
import { describeWith } from '../helper/servers.js';
import type { Visitor } from '../web/browser.js';
import { sees } from '../web/hand.js';
import { fillStore } from '../web/many.js';
import { setStage } from '../web/stage.js';
import { WebWorld } from '../web/world.js';

const MANY = { alerts: 100_000, runs: 10_000 };
/** What a page may hold at once, however long its list is: the rows in sight, and some around them. */
const MOST_ROWS = 120;
const MOST_ELEMENTS = 4_000;
const MOST_HEAP_BYTES = 80_000_000;
/** Alerts that are scrolled past one after the other; the rest is left out by a filter. */
const SCROLLED = 6_000;

await describeWith(['chromium'], 'the lists of the web pages with a hundred thousand alerts', ({ chromium }) => {
  const stage = setStage(chromium, () => WebWorld.open({}, { prepare: (home) => fillStore(home, MANY) }));

  async function at(path: string): Promise<Visitor> {
    const visitor = await stage.at(path);
    await visitor.page.locator('[data-row="0"]').waitFor();
    return visitor;
  }

  it('scrolls past thousands of alerts with no more in the page than is in sight', async () => {
    const { page, faults } = await at('/alerts');
    await sees(page, `Many_${MANY.alerts - 1}`);
    const most = await scrollDown(page, (last) => last >= SCROLLED);
    expect(most.rows).toBeLessThan(MOST_ROWS);
    expect(most.elements).toBeLessThan(MOST_ELEMENTS);
    expect(await heapOf(page)).toBeLessThan(MOST_HEAP_BYTES);
    expect(faults).toEqual([]);
  });

  it('finds the oldest of all by a label, and all of one kind by their decision, to the end of the list', async () => {
    const { page, goto, faults } = await at(`/alerts?matcher=${encodeURIComponent('alertname="Many_0"')}`);
    await sees(page, /^Many_0$/);
    expect(await page.locator('[data-row]').count()).toBe(1);
    await goto('/alerts?action=drop&reason=filtered');
    await scrollDown(page, (last) => last >= MANY.alerts / 1_000 - 1);
    await sees(page, /^Many_0$/);
    await page.locator(`[role="table"][aria-rowcount="${MANY.alerts / 1_000 + 1}"]`).waitFor();
    await goto(`/alerts?matcher=${encodeURIComponent('place=~"[13]"')}&service_name=service-7`);
    await page.locator('[data-row="20"]').waitFor();
    const names = await page.locator('[data-row] .row-link').allInnerTexts();
    const wrong = names
      .map((text) => Number(/Many_(\d+)/.exec(text)?.[1]))
      .filter((n) => n % 50 !== 7 || ![1, 3].includes(n % 7));
    expect(wrong).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('goes down and up by keys, over the end of what is loaded, and the chosen row keeps the focus', async () => {
    const { page, faults } = await at('/alerts?service_name=service-7');
    for (let row = 0; row < 110; row++) {
      // What is not there yet cannot be gone to: somebody who holds the key down waits as well.
      await page.locator(`[data-row="${row}"]`).waitFor();
      await page.keyboard.press('j');
      await page.locator(`[data-row="${row}"] .row-link:focus`).waitFor();
    }
    for (let times = 0; times < 5; times++) await page.keyboard.press('k');
    await page.locator('[data-row="104"] .row-link:focus').waitFor();
    expect(await page.locator('[data-row]').count()).toBeLessThan(MOST_ROWS);
    expect(faults).toEqual([]);
  });

  it('comes to the end of ten thousand runs by scrolling, and to the failed ones by a filter', async () => {
    const { page, goto, faults } = await at('/runs');
    const most = await scrollDown(page, (last) => last === MANY.runs - 1);
    expect(most.rows).toBeLessThan(MOST_ROWS);
    expect(most.elements).toBeLessThan(MOST_ELEMENTS);
    expect(await heapOf(page)).toBeLessThan(MOST_HEAP_BYTES);
    await goto('/runs?state=failed');
    await scrollDown(page, (last) => last === MANY.runs / 100 - 1);
    await page.locator(`[role="table"][aria-rowcount="${MANY.runs / 100 + 1}"]`).waitFor();
    expect(faults).toEqual([]);
  });
});

interface Most {
  readonly rows: number;
  readonly elements: number;
}

/** Scrolls on and on until the last row that is drawn is far enough down; answers the most that stood in the page on the way. */
async function scrollDown(page: Page, isFarEnough: (last: number) => boolean): Promise<Most> {
  const most = { rows: 0, elements: 0 };
  let last = -1;
  for (let stood = 0; stood < 500 && !isFarEnough(last); stood++) {
    const seen = await page.evaluate<Most & { readonly last: number }>(`new Promise((done) => {
      window.scrollTo(0, document.body.scrollHeight);
      requestAnimationFrame(() => setTimeout(() => {
        const rows = [...document.querySelectorAll('[data-row]')].map((row) => Number(row.dataset.row));
        done({ rows: rows.length, elements: document.querySelectorAll('*').length, last: Math.max(-1, ...rows) });
      }));
    })`);
    most.rows = Math.max(most.rows, seen.rows);
    most.elements = Math.max(most.elements, seen.elements);
    if (seen.last > last) stood = 0;
    last = seen.last;
  }
  expect(isFarEnough(last), `the list ends at row ${last}`).toBe(true);
  return most;
}

/** What the page's scripts hold once everything is gone that nobody holds. */
async function heapOf(page: Page): Promise<number> {
  const inspector = await page.context().newCDPSession(page);
  await inspector.send('HeapProfiler.collectGarbage');
  const { usedSize } = await inspector.send('Runtime.getHeapUsage');
  await inspector.detach();
  return usedSize;
}
