import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../helper/servers.js';
import { axeFaults, drawn, launch, sideways, visit } from '../web/browser.js';
import { everyPage, furnish } from '../web/furnish.js';
import type { Furniture } from '../web/furnish.js';
import { WebWorld } from '../web/world.js';

const HEIGHT = 900;
const THEMES = ['light', 'dark'] as const;
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

await describeWith(['chromium'], 'every web page in a real browser', ({ chromium }) => {
  let world: WebWorld;
  let browser: Browser;
  let on: Furniture;

  beforeAll(async () => {
    [world, browser] = await Promise.all([WebWorld.open(), launch(chromium)]);
    on = await furnish(world);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it('has one of everything to show', () => {
    expect(Object.entries(on).filter(([, id]) => id === '')).toEqual([]);
  });

  it.each([
    { language: 'en', theme: 'light', widths: [1440, 768, 360] },
    { language: 'zh', theme: 'dark', widths: [360, 768, 1440] },
  ] as const)(
    'opens at every width and in both themes without a fault, first in $language and $theme',
    async ({ language, theme, widths }) => {
      const visitor = await visit(browser, world.url, { language, theme, width: widths[0] });
      const { page } = visitor;
      const found: string[] = [];
      for (const path of everyPage(on)) {
        await page.setViewportSize({ width: widths[0], height: HEIGHT });
        await visitor.goto(path).catch((error: unknown) => found.push(`${path}: ${String(error)}`));
        for (const shown of THEMES) {
          await page.emulateMedia({ colorScheme: shown });
          for (const width of widths) {
            await page.setViewportSize({ width, height: HEIGHT });
            await drawn(page);
            const over = await sideways(page);
            if (over > 0) found.push(`${path} at ${width}, ${shown}: ${over} pixels too wide`);
          }
          // Words do not change what axe looks at: once for each page and theme is enough.
          if (language === 'en') found.push(...(await axeFaults(page)).map((fault) => `${shown}: ${fault}`));
        }
      }
      await visitor.close();
      expect([...found, ...visitor.faults]).toEqual([]);
    },
    240_000,
  );

  it('sends every page with the strict policy', async () => {
    for (const path of ['/', '/runs/any', '/settings']) {
      const answer = await fetch(world.url + path);
      expect([path, answer.headers.get('content-security-policy')]).toEqual([path, POLICY]);
    }
  });
});
