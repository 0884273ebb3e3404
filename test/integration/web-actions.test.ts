import type { Browser, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunAnswer } from '../../src/domain/api/run.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { describeWith } from '../helper/servers.js';
import { launch, settled, visit } from '../web/browser.js';
import type { Visitor } from '../web/browser.js';
import { furnish } from '../web/furnish.js';
import type { Furniture } from '../web/furnish.js';
import { answerDialog, isOn, press, sees } from '../web/hand.js';
import { TOKEN, WebWorld } from '../web/world.js';

interface Listed<T> {
  readonly items: readonly T[];
}

await describeWith(['chromium'], 'what people do on the web pages', ({ chromium }) => {
  let world: WebWorld;
  let browser: Browser;
  let on: Furniture;
  const visitors: Visitor[] = [];

  beforeAll(async () => {
    [world, browser] = await Promise.all([WebWorld.open(), launch(chromium)]);
    on = await furnish(world);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });
  afterEach(async () => {
    await Promise.all(visitors.splice(0).map((visitor) => visitor.close()));
  });

  async function someone(token: string | null = TOKEN): Promise<Visitor> {
    const visitor = await visit(browser, world.url, { token });
    visitors.push(visitor);
    return visitor;
  }

  /** An administrator on that page; whatever the browser complains about is a fault. */
  async function at(path: string): Promise<Visitor & { readonly page: Page }> {
    const visitor = await someone();
    await visitor.goto(path);
    return visitor;
  }

  /** How often the cache was really warmed. */
  const warmed = (): number => world.shop.received.filter(({ url }) => url.pathname === '/cache/warm').length;
  const run = (run_id: string): Promise<RunAnswer> => world.get(`/api/v1/runs/${run_id}`);

  describe('who signs in', () => {
    it('is told when the token is wrong, and comes to the page that was asked for when it is right', async () => {
      const { page, goto, faults } = await someone(null);
      await goto('/playbooks?tab=check');
      await isOn(page, 'Sign in to Fixpoint');
      expect(faults).toEqual([]);
      await press(page, 'Sign in');
      await sees(page, 'Paste your token.');
      await page.getByLabel('Token', { exact: true }).fill('not-the-token-of-anybody');
      await press(page, 'Sign in');
      await page.getByRole('alert').first().waitFor();
      expect(await page.getByRole('alert').first().innerText()).not.toContain('not-the-token-of-anybody');
      await page.getByLabel('Token', { exact: true }).fill(TOKEN);
      await press(page, 'Sign in');
      await isOn(page, 'Playbooks');
      expect(new URL(page.url()).search).toBe('?tab=check');
      // Chromium's own line on the answer that was asked for.
      expect(faults.filter((fault) => !/status of 401/.test(fault))).toEqual([]);
    });

    it('is asked again when the session has ended, and goes on where it was', async () => {
      const { page, context } = await at('/alerts');
      const { csrf } = (await (await context.request.get(`${world.url}/api/v1/session`)).json()) as { csrf: string };
      const ended = await context.request.delete(`${world.url}/api/v1/session`, {
        headers: { 'x-fixpoint-csrf': csrf },
      });
      expect(ended.status()).toBe(204);
      await page.getByRole('link', { name: 'Rules', exact: true }).first().click();
      await sees(page, 'Your session has ended. Sign in again to go on where you were.');
      await page.getByLabel('Token', { exact: true }).fill(TOKEN);
      await press(page, 'Sign in');
      await isOn(page, 'Rules');
    });

    it('as a viewer is offered no action, and is refused all the same', async () => {
      const visitor = await someone(await world.tokenOf('looker', 'viewer'));
      const { page } = visitor;
      const forbidden = ['Pause all writes', 'Pause', 'Cancel run', 'Approve', 'Deny', 'Acknowledge', 'Resolve'];
      const more = ['Silence it', 'Try a dry run', 'Add note', 'New silence', 'Start a run', 'Try again', 'Replay'];
      const offered: string[] = [];
      for (const path of [
        '/',
        `/alerts/${on.alert_id}`,
        `/runs/${on.slow_run}`,
        `/runs/${on.failed_run}`,
        `/approvals/${on.approval_id}`,
        `/incidents/${on.incident_id}`,
        '/silences',
        `/silences/${on.silence_id}`,
        '/playbooks/PB-Fix',
        `/system?tab=dead_letters&letter=${on.letter_id}`,
      ]) {
        await visitor.goto(path);
        for (const name of [...forbidden, ...more, 'End it now'])
          if ((await page.getByRole('button', { name, exact: true }).count()) > 0) offered.push(`${path}: ${name}`);
      }
      await visitor.goto('/system');
      expect(await page.getByRole('tab', { name: /^Health/ }).count()).toBe(1);
      expect(await page.getByRole('tab', { name: /^Tokens/ }).count()).toBe(0);
      expect(offered).toEqual([]);
      const refused = await page.evaluate<number>(`(async () => {
        const { csrf } = await (await fetch('/api/v1/session')).json();
        const headers = { 'content-type': 'application/json', 'x-fixpoint-csrf': csrf };
        return (await fetch('/api/v1/pause', { method: 'POST', headers, body: '{"reason":"mine"}' })).status;
      })()`);
      expect(refused).toBe(403);
      expect((await world.get<{ paused: boolean }>('/api/v1/pause')).paused).toBe(false);
    });
  });

  describe('on Now and on alerts', () => {
    it('pauses all writes with a reason, and releases them', async () => {
      const { page, faults } = await at('/');
      await press(page, 'Pause all writes');
      await press(page.getByRole('dialog').last(), 'Pause');
      await sees(page, 'Say why: who reads it later wants to know.');
      await answerDialog(page, 'Pause', 'the network is being moved');
      await sees(page, 'the network is being moved');
      expect(await world.get('/api/v1/pause')).toMatchObject({ paused: true, reason: 'the network is being moved' });
      await press(page, 'Release');
      await answerDialog(page, 'Release');
      await page.getByRole('button', { name: 'Pause all writes', exact: true }).waitFor();
      expect(await world.get('/api/v1/pause')).toMatchObject({ paused: false });
      expect(faults).toEqual([]);
    });

    it('silences an alert with a look at what that would hold back', async () => {
      const { page, faults } = await at(`/alerts/${on.alert_id}`);
      await press(page, 'Silence it');
      const dialog = page.getByRole('dialog', { name: 'Silence these alerts' });
      await sees(dialog, /1 alert that fires now/);
      await dialog.getByLabel('Comment').fill('known, being mended');
      await press(dialog, 'Silence');
      await dialog.waitFor({ state: 'hidden' });
      const { items } = await world.get<Listed<{ comment: string; matchers: string[] }>>('/api/v1/silences');
      const made = items.find(({ comment }) => comment === 'known, being mended');
      expect(made?.matchers.join(' ')).toContain('checkout');
      expect(faults).toEqual([]);
    });

    it('tries a playbook dry on an alert that came before', async () => {
      const { page, faults } = await at(`/alerts/${on.alert_id}`);
      const before = warmed();
      await press(page, 'Try a dry run');
      await press(page.getByRole('dialog').last(), 'Start the dry run');
      await page.waitForURL('**/runs/*');
      const run_id = new URL(page.url()).pathname.split('/')[2] ?? '';
      await world.runIs(run_id, 'succeeded');
      await sees(page, 'Nothing was really written: this is a dry run.');
      expect((await run(run_id)).dry_run).toBe(true);
      expect([before, warmed()]).toEqual([1, 1]);
      expect(faults).toEqual([]);
    });
  });

  describe('on approvals', () => {
    it('approves what was asked, and the write is made', async () => {
      const { page, faults } = await at(`/approvals/${on.approval_id}`);
      await sees(page, '/disk/clean');
      await press(page, 'Approve');
      await answerDialog(page, 'Approve', 'looks right');
      await sees(page, /^Approved by /);
      await world.runIs(on.asking_run, 'succeeded');
      const asked = world.shop.received.filter(
        ({ method, url }) => method === 'POST' && url.pathname === '/disk/clean',
      );
      expect(asked).toHaveLength(1);
      expect(faults).toEqual([]);
    });

    it('denies what was asked, and nothing is written; who looks on sees it at once', async () => {
      const run_id = await world.startRun('Full_Disk', 'denied-files');
      const approval_id = await world.approvalOf(run_id);
      const [first, second] = [await at(`/approvals/${approval_id}`), await at(`/approvals/${approval_id}`)];
      const before = world.shop.received.filter(({ url }) => url.pathname === '/disk/clean').length;
      await press(first.page, 'Deny');
      await answerDialog(first.page, 'Deny', 'not during the sale');
      await sees(first.page, /^Denied by /);
      await sees(second.page, /^Denied by /);
      expect(await second.page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
      expect(world.shop.received.filter(({ url }) => url.pathname === '/disk/clean')).toHaveLength(before);
      expect([...first.faults, ...second.faults]).toEqual([]);
    });
  });

  describe('on runs', () => {
    it('pauses, resumes and cancels a run under way', async () => {
      const { page, faults } = await at(`/runs/${on.slow_run}`);
      await press(page, 'Pause');
      await answerDialog(page, 'Pause', 'let me look first');
      await world.runIs(on.slow_run, 'paused');
      await press(page, 'Resume');
      await answerDialog(page, 'Resume');
      await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
      expect((await run(on.slow_run)).state).not.toBe('paused');
      await press(page, 'Cancel run');
      await answerDialog(page, 'Cancel run', 'not needed any more');
      await world.runIs(on.slow_run, 'cancelled');
      await sees(page, 'It was cancelled.');
      expect(faults).toEqual([]);
    });

    it('tries a failed run again, live to its end', async () => {
      const { page, faults } = await at(`/runs/${on.failed_run}`);
      world.shop.answer({ json: { left: 0 } });
      await press(page, 'Try again');
      await answerDialog(page, 'Try again', 'the pipe is free');
      await world.runIs(on.failed_run, 'succeeded');
      await page.locator('.page-header').getByText('succeeded', { exact: true }).waitFor();
      expect(faults).toEqual([]);
    });

    it('says whether it is solved', async () => {
      const { page, faults } = await at(`/runs/${on.solved_run}`);
      await sees(page, 'Do the orders look right again?');
      await press(page, 'Yes, it is solved');
      await answerDialog(page, 'Yes, it is solved', 'all orders are there');
      await world.runIs(on.solved_run, 'succeeded');
      expect((await run(on.solved_run)).outcome).toBe('verified');
      expect(faults).toEqual([]);
    });

    it('opens a step with what it sent and what came back', async () => {
      const { page, faults } = await at(`/runs/${on.done_run}?step=warm`);
      const drawer = page.getByRole('dialog').last();
      await sees(drawer, 'Warm the cache');
      await sees(drawer, 'Output');
      await page.keyboard.press('Escape');
      await drawer.waitFor({ state: 'hidden' });
      expect(new URL(page.url()).search).toBe('');
      expect(faults).toEqual([]);
    });
  });

  describe('on incidents', () => {
    it('takes one, writes a note, resolves it', async () => {
      const { page, faults } = await at(`/incidents/${on.incident_id}`);
      await press(page, 'Acknowledge');
      await sees(page, 'You have taken it: its clock has stopped');
      await page.getByLabel('Note', { exact: true }).fill('the cache was cold');
      await press(page, 'Add note');
      await sees(page, 'The note stands in the timeline');
      await sees(page, 'the cache was cold');
      await press(page, 'Resolve');
      await answerDialog(page, 'Resolve', 'warm again');
      await page.getByRole('button', { name: 'Reopen', exact: true }).waitFor();
      expect(await world.get(`/api/v1/incidents/${on.incident_id}`)).toMatchObject({ state: 'resolved' });
      expect(faults).toEqual([]);
    });
  });

  describe('on playbooks and rules', () => {
    it('is told at its line what is wrong with a pasted playbook', async () => {
      const { page, faults } = await at('/playbooks?tab=check');
      await page
        .getByRole('textbox', { name: 'YAML' })
        .fill('playbook_id: PB-New\ntasks:\n  - {id: look, type: api_cal, action: GET /x}\n');
      await sees(page, '1 problem');
      await sees(page, /^Line 3, column \d+$/);
      await page
        .getByRole('textbox', { name: 'YAML' })
        .fill('playbook_id: PB-New\ntasks:\n  - {id: look, type: api_call, action: GET /x}\n');
      await sees(page, 'Nothing is wrong with it');
      expect(faults).toEqual([]);
    });

    it('asks which rule takes an alert', async () => {
      const { page, faults } = await at('/rules?tab=explain');
      await page
        .getByRole('textbox', { name: 'Alert (JSON)' })
        .fill('{"alert_name": "Odd_Orders", "service_name": "elsewhere", "severity": "critical"}');
      await press(page, 'Explain');
      await sees(page, 'It would start a run');
      await page.getByRole('link', { name: 'R-SOLVED' }).first().waitFor();
      expect(faults).toEqual([]);
    });

    it('replays the stored alerts through what is in force now', async () => {
      const { page, faults } = await at('/rules?tab=backtest');
      await press(page, 'Run the backtest');
      await sees(page, /\d+ alerts replayed/);
      await sees(page, 'Runs that would start');
      expect(faults).toEqual([]);
    });

    it('starts a run by hand, dry unless somebody says otherwise', async () => {
      const { page, faults } = await at('/playbooks/PB-Fix');
      await press(page, 'Start a run');
      await press(page.getByRole('dialog').last(), 'Start a dry run');
      await page.waitForURL('**/runs/*');
      const run_id = new URL(page.url()).pathname.split('/')[2] ?? '';
      await world.runIs(run_id, 'succeeded');
      expect(await run(run_id)).toMatchObject({ dry_run: true, playbook_id: 'PB-Fix' });
      expect(faults).toEqual([]);
    });
  });

  describe('on the system', () => {
    it('replays what was refused, and says why it is refused again; the letter stays', async () => {
      const { page, faults } = await at(`/system?tab=dead_letters&letter=${on.letter_id}`);
      const drawer = page.getByRole('dialog').first();
      await sees(drawer, '{oops');
      await press(drawer, 'Replay');
      const dialog = page.getByRole('dialog', { name: 'Replay this body?' });
      await press(dialog, 'Replay');
      const refusal = dialog.getByRole('alert');
      await refusal.waitFor();
      expect(await refusal.innerText()).toMatch(/JSON/);
      await press(dialog, 'Cancel');
      await drawer.getByRole('button', { name: 'Replay', exact: true }).waitFor();
      const { items } =
        await world.get<Listed<{ dead_letter_id: string; replayed_at: string | null }>>('/api/v1/dead_letters');
      expect(items.find(({ dead_letter_id }) => dead_letter_id === on.letter_id)?.replayed_at).toBeNull();
      // Chromium's own line on the refusal.
      expect(faults.filter((fault) => !/status of 4\d\d/.test(fault))).toEqual([]);
    });

    it('makes a token that works, shows it once, and revokes it', async () => {
      const { page, faults } = await at('/system?tab=tokens');
      await press(page, 'New token');
      const dialog = page.getByRole('dialog', { name: 'Make a token' });
      await dialog.getByLabel('Name').fill('bo');
      await dialog.getByLabel('Role').selectOption('operator');
      await press(dialog, 'Make token');
      const token = (await dialog.locator('code').innerText()).trim();
      await press(dialog, 'I have copied it');
      const ask = () => fetch(`${world.url}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } });
      expect(await (await ask()).json()).toMatchObject({ name: 'bo', role: 'operator' });
      await page.reload();
      await settled(page);
      expect(await page.content()).not.toContain(token);
      await press(page, 'Revoke bo');
      await answerDialog(page, 'Revoke');
      await sees(page, 'The token of bo opens nothing any more');
      expect((await ask()).status).toBe(401);
      expect(faults).toEqual([]);
    });

    it('tests a connection and says what is wrong', async () => {
      const { page, faults } = await at('/system?tab=connections');
      await press(page, 'Test all');
      await sees(page, 'answers');
      expect(faults).toEqual([]);
    });
  });

  it('decided every alert that it was sent', async () => {
    const { items } = await world.get<Listed<StoredAlert>>('/api/v1/alerts?limit=100');
    expect(items.filter(({ decision }) => decision === null)).toEqual([]);
    expect(items.length).toBeGreaterThan(6);
  });
});
