// Makes docs/images anew: `npm run docs:screenshots`. Starts the demo, waits for the end of its story, gives it more to do (docs-evening.mjs), and
// walks the web pages.
// Needs Debian's chromium and fonts-noto-cjk (`test/servers/servers install chromium`), or CHROMIUM with the path of another.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { signIn, startDemo } from './demo-process.mjs';
import { beginEvening, eveningPlaybooks } from './docs-evening.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMAGES = join(ROOT, 'docs', 'images');
const MOST_BYTES = 200_000;
const SIZE = { width: 1280, height: 800 };
const LANGUAGES = { en: 'en-US', zh: 'zh-CN' };

/** The pages that are shown, by the name of their image. */
async function pagesOf({ url, token }) {
  const get = async (path) => {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status}`);
    return answer.json();
  };
  const { items: runs } = await get('/api/v1/runs?playbook_id=PB-Payment-Troubleshoot&limit=20');
  const run = runs.find(({ state }) => state === 'succeeded') ?? runs[0];
  if (run === undefined) throw new Error('the demo has no run to show');
  const { items: alerts } = await get(`/api/v1/alerts?run_id=${run.run_id}&action=run&limit=1`);
  // Counted once a second: the first page is to show all of them.
  for (let asked = 0; asked < 10 && !(await get('/api/v1/overview')).alerts_complete; asked++) await sleep(1_100);
  return {
    now: '/',
    run: `/runs/${run.run_id}`,
    alert: `/alerts/${alerts[0]?.alert_id ?? ''}`,
    playbook: `/playbooks/${encodeURIComponent(run.playbook_id)}`,
  };
}

async function shoot(browser, demo, pages, [language, locale]) {
  const context = await browser.newContext({
    viewport: SIZE,
    locale,
    colorScheme: 'light',
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
  });
  await signIn(context, demo);
  const page = await context.newPage();
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(demo.url + path);
    await page.locator('h1').first().waitFor();
    await page.locator('.loading, [aria-busy="true"]').first().waitFor({ state: 'detached' });
    // Charts and graphs are loaded behind the page.
    await sleep(1_000);
    const fit = page.getByRole('button', { name: /^(Fit|适应窗口)$/ });
    if ((await fit.count()) > 0) await fit.first().click();
    await sleep(500);
    const file = join(IMAGES, `${name}-${language}.png`);
    await page.screenshot({ path: file });
    const { size } = statSync(file);
    process.stdout.write(`${file.slice(ROOT.length)} ${Math.round(size / 1_000)} kB\n`);
    if (size > MOST_BYTES) throw new Error(`${file} is larger than ${MOST_BYTES / 1_000} kB`);
  }
  await context.close();
}

mkdirSync(IMAGES, { recursive: true });
process.stdout.write('The demo tells its story: about half a minute …\n');
const playbooks = eveningPlaybooks(join(ROOT, 'playbooks'));
const demo = await startDemo({ FIXPOINT_PLAYBOOKS_DIR: playbooks.folder });
try {
  await beginEvening(demo);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const pages = await pagesOf(demo);
  for (const each of Object.entries(LANGUAGES)) await shoot(browser, demo, pages, each);
  await browser.close();
} finally {
  await demo.stop();
  playbooks.remove();
}
