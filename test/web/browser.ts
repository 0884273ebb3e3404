import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from '@playwright/test';
import type { Browser, BrowserContext, ConsoleMessage, Page } from '@playwright/test';
import { TOKEN } from '../helper/fixpoint-process.js';

/** How long a page may take to show what is waited for; the machine may be busy. */
export const PAGE_PATIENCE_MS = 15_000;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium without a window. */
export function launch(executablePath: string): Promise<Browser> {
  // Root in a container has no sandbox; the pages here are our own.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** How somebody looks at the pages. */
export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  readonly language?: 'en' | 'zh';
  readonly token?: string | null;
}

/** One person's browser: its tab, and everything that went wrong in it. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the console, exceptions, and requests that left for another host, each with where it happened. */
  readonly faults: string[];
  goto(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens a browser profile on the service, signed in unless `token` is null. */
export async function visit(browser: Browser, url: string, look: Look = {}): Promise<Visitor> {
  const { width = 1440, height = 900, theme = 'light', language = 'en', token = TOKEN } = look;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    locale: language === 'zh' ? 'zh-CN' : 'en-US',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(PAGE_PATIENCE_MS);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
  if (token !== null) await signIn(context, url, token);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (isFault(message)) faults.push(`${page.url()}: console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`) && !/^(data|blob|about):/.test(request.url()))
      faults.push(`${page.url()}: asked ${request.url()}`);
  });
  return {
    page,
    context,
    faults,
    goto: async (path) => {
      await page.goto(url + path);
      await settled(page);
    },
    close: () => context.close(),
  };
}

/** A session as the sign-in page would begin it. */
export async function signIn(context: BrowserContext, url: string, token: string): Promise<void> {
  const answer = await context.request.post(`${url}/api/v1/session`, {
    data: { token },
    headers: { 'x-fixpoint-csrf': '' },
  });
  if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
}

/** Chromium itself logs every answer of 400 and above; which of them are expected is for the test to say, by its status. */
function isFault(message: ConsoleMessage): boolean {
  return message.type() === 'error' || message.type() === 'warning';
}

/** Until the page shows its heading, and nothing in it is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await page.locator('.loading, [aria-busy="true"]').first().waitFor({ state: 'detached' });
  await drawn(page);
}

/** Two frames later: what is known by now is on the screen. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

/** By how many pixels the page is wider than the window. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

interface AxeViolation {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

/** What axe finds serious or critical on the page as it stands. */
export async function axeFaults(page: Page): Promise<string[]> {
  // By the debugger's way in: the policy of the pages lets no other script in, and stays as it is.
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(AXE);
  const violations = await page.evaluate<readonly AxeViolation[]>(
    'axe.run(document, { resultTypes: ["violations"], preload: false }).then(({ violations }) => violations)',
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, help, nodes }) => {
      const where = nodes
        .slice(0, 3)
        .map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary ?? ''})`);
      return `${page.url()}: ${impact} ${id}: ${help}: ${where.join('; ')}`;
    });
}
