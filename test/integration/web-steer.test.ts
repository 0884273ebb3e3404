import type { Browser, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunAnswer } from '../../src/domain/api/run.js';
import { describeWith } from '../helper/servers.js';
import { launch, visit } from '../web/browser.js';
import type { Visitor } from '../web/browser.js';
import { answerDialog, isOn, press, sees } from '../web/hand.js';
import { TOKEN, WebWorld } from '../web/world.js';

/** What a run may meet that a person has to steer. */
const FILES = {
  'rules.yaml': `rules:
  - {rule_id: R-PARENT, alert_name: Two_Places, playbook_id: PB-Parent}
  - {rule_id: R-UNDO, alert_name: Wrong_Way, playbook_id: PB-Undo}
  - {rule_id: R-DOUBT, alert_name: Cut_Line, playbook_id: PB-Doubt}
  - {rule_id: R-LATER, alert_name: Bad_Step, playbook_id: PB-Later}
  - {rule_id: R-ASK, alert_name: Full_Disk, playbook_id: PB-Ask}
  - {rule_id: R-FIX, alert_name: Slow_Checkout, playbook_id: PB-Fix}
`,
  'parent.yaml': `playbook_id: PB-Parent
name: Both places
tasks:
  - {id: look, name: Look at both, type: api_call, action: GET /both}
  - {id: sub, name: Mend the checkout, type: playbook, depends_on: [look], parameters: {playbook_id: PB-Slow}}
`,
  'undo.yaml': `playbook_id: PB-Undo
name: Turn the traffic
tasks:
  - id: turn
    name: Turn the traffic
    type: api_call
    action: POST /traffic/turn
    idempotent: true
    compensate: {type: api_call, action: POST /traffic/back, parameters: {idempotent: true}}
  - {id: rest, name: Let it rest, type: wait, depends_on: [turn], parameters: {duration: 20m}, timeout: 30m}
`,
  'doubt.yaml': `playbook_id: PB-Doubt
name: Through a bad line
tasks:
  - {id: send, name: Send it, type: api_call, action: POST /line/send}
  - {id: after, name: Look afterwards, type: api_call, action: GET /line, depends_on: [send]}
`,
  'later.yaml': `playbook_id: PB-Later
name: Two that fail
tasks:
  - {id: first, name: The first, type: api_call, action: POST /later/first, idempotent: true, on_failure: continue}
  - {id: second, name: The second, type: api_call, action: POST /later/second, idempotent: true}
`,
};

/** A storm of its own for one service; nobody else hears of it. */
const CONFIG = 'storm: {per_service: {starts_per_minute: 2}, notify_only_at: 2, calm: 5m}\n';

await describeWith(['chromium'], 'what people steer on the web pages', ({ chromium }) => {
  let world: WebWorld;
  let browser: Browser;
  const visitors: Visitor[] = [];

  beforeAll(async () => {
    [world, browser] = await Promise.all([WebWorld.open(FILES, { config: CONFIG }), launch(chromium)]);
    world.shop.answer(({ url }) => {
      if (url.pathname === '/line/send') return 'cut';
      return url.pathname.startsWith('/later/') ? { status: 500, json: { error: 'stuck' } } : { json: { left: 3 } };
    });
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });
  afterEach(async () => {
    await Promise.all(visitors.splice(0).map((visitor) => visitor.close()));
  });

  async function at(path: string, token = TOKEN): Promise<Visitor & { readonly page: Page }> {
    const visitor = await visit(browser, world.url, { token });
    visitors.push(visitor);
    await visitor.goto(path);
    return visitor;
  }

  const run = (run_id: string): Promise<RunAnswer> => world.get(`/api/v1/runs/${run_id}`);
  const asked = (path: string): number => world.shop.received.filter(({ url }) => url.pathname === path).length;
  const stepOf = async (run_id: string, id: string) => (await run(run_id)).steps.find(({ step_id }) => step_id === id);

  describe('a run', () => {
    it('that began another is followed to it and back, and ends with it', async () => {
      const run_id = await world.startRun('Two_Places', 'twice');
      await world.eventually('the other run', async () => (await stepOf(run_id, 'sub'))?.state === 'waiting');
      const { page, faults } = await at(`/runs/${run_id}?step=sub`);
      await page.getByRole('dialog').last().getByRole('link', { name: 'To that run' }).click();
      await isOn(page, 'Long work');
      const child = new URL(page.url()).pathname.split('/')[2] ?? '';
      expect(await run(child)).toMatchObject({ parent_run_id: run_id, playbook_id: 'PB-Slow' });
      await press(page, 'Cancel run');
      await answerDialog(page, 'Cancel run', 'not needed');
      await world.runIs(child, 'cancelled');
      await page.getByRole('link', { name: 'another run' }).click();
      await isOn(page, 'Both places');
      await world.runIs(run_id, 'failed');
      await page.locator('.page-header').getByText('failed', { exact: true }).waitFor();
      expect(faults).toEqual([]);
    });

    it('is cancelled and takes back what it wrote, when that was asked for', async () => {
      const run_id = await world.startRun('Wrong_Way', 'roads');
      await world.eventually('the wait', async () => (await stepOf(run_id, 'rest'))?.state === 'waiting');
      const { page, faults } = await at(`/runs/${run_id}`);
      await press(page, 'Cancel run');
      const dialog = page.getByRole('dialog').last();
      await sees(dialog, '/traffic/turn');
      await dialog.getByRole('checkbox', { name: 'Take back what it wrote' }).check();
      await answerDialog(page, 'Cancel run', 'the wrong way round');
      await world.runIs(run_id, 'cancelled');
      expect(asked('/traffic/back')).toBe(1);
      await page.locator('.page-header').getByText('cancelled', { exact: true }).waitFor();
      await page.goto(`${world.url}/runs/${run_id}?step=turn`);
      await sees(page.getByRole('dialog').last(), 'turn:undo');
      expect(faults).toEqual([]);
    });

    it('that has ended gets another outcome from a person', async () => {
      const run_id = await world.startRun('Slow_Checkout', 'corrected');
      await world.runIs(run_id, 'succeeded');
      const { page, faults } = await at(`/runs/${run_id}`);
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Correct the outcome' }).click();
      await answerDialog(page, 'No, it is not', 'the orders are still slow');
      await sees(page, 'It did not help: the condition is still there.');
      expect((await run(run_id)).outcome).toBe('not_fixed');
      expect(faults).toEqual([]);
    });

    it.each([
      { button: 'It took place', service: 'took-place', writes: 1, state: 'succeeded' },
      { button: 'It did not', service: 'took-not', writes: 2, state: 'waiting' },
    ])('whose write nobody can tell of goes on with “$button”', async ({ button, service, writes, state }) => {
      const before = asked('/line/send');
      const run_id = await world.startRun('Cut_Line', service);
      await world.runIs(run_id, 'waiting');
      const { page, faults } = await at(`/runs/${run_id}`);
      const waiting = page.getByRole('region', { name: 'A person has to move it on' });
      await sees(waiting, 'Did this write take place?');
      await press(waiting, button);
      await answerDialog(page, button, 'looked at the other end');
      await world.eventually('the answer to count', async () => asked('/line/send') === before + writes);
      await world.runIs(run_id, state);
      if (state === 'succeeded') await waiting.waitFor({ state: 'detached' });
      expect(faults).toEqual([]);
    });

    it('is tried again from one step, and the other one is left as it is', async () => {
      const run_id = await world.startRun('Bad_Step', 'later');
      await world.runIs(run_id, 'failed');
      const before = [asked('/later/first'), asked('/later/second')];
      const { page, faults } = await at(`/runs/${run_id}?step=second`);
      await press(page.getByRole('dialog').last(), 'Try again from here');
      const dialog = page.getByRole('dialog', { name: 'Try again?' });
      await sees(dialog, /“The second” begins anew/);
      await press(dialog, 'Try again');
      await dialog.waitFor({ state: 'hidden' });
      await world.eventually('the second to be tried', () => asked('/later/second') > (before[1] ?? 0));
      await world.runIs(run_id, 'failed');
      expect(asked('/later/first')).toBe(before[0]);
      expect(faults).toEqual([]);
    });

    it('held by the pause of all writes says so, is paused by itself, and goes on when both are released', async () => {
      await world.post('/api/v1/pause', { reason: 'the network is being moved' });
      const run_id = await world.startRun('Slow_Checkout', 'held-by-pause');
      await world.eventually('the write to be held', async () => (await stepOf(run_id, 'warm'))?.reason === 'pause');
      const { page, faults } = await at(`/runs/${run_id}`);
      await sees(page, 'is held by the pause of all writes');
      await press(page, 'Pause');
      await answerDialog(page, 'Pause', 'and this one stays');
      await world.runIs(run_id, 'paused');
      await world.post('/api/v1/resume');
      await press(page, 'Resume');
      await answerDialog(page, 'Resume');
      await world.runIs(run_id, 'succeeded');
      await page.locator('.page-header').getByText('succeeded', { exact: true }).waitFor();
      expect(faults).toEqual([]);
    });
  });

  it('an approval that somebody else answers meanwhile says so at once, and asks no longer', async () => {
    const run_id = await world.startRun('Full_Disk', 'files');
    const approval_id = await world.approvalOf(run_id);
    const { page, faults } = await at(`/approvals/${approval_id}`, await world.tokenOf('bea', 'approver'));
    await press(page, 'Approve');
    await page.getByRole('dialog').last().getByRole('textbox').fill('I was about to');
    await world.post(`/api/v1/approvals/${approval_id}/deny`, { comment: 'not now' });
    await page.getByRole('dialog').last().waitFor({ state: 'hidden' });
    await page
      .getByRole('alert')
      .filter({ hasText: /^Denied by / })
      .waitFor();
    expect(await page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('a session that an administrator ends elsewhere is asked to sign in, on the page where it was', async () => {
    const token = await world.tokenOf('cleo', 'viewer');
    const cleo = await at('/runs', token);
    const { page, faults } = await at('/system?tab=tokens');
    await press(page, 'Sign cleo out');
    const dialog = page.getByRole('dialog').last();
    await press(dialog, 'Cancel');
    await dialog.waitFor({ state: 'hidden' });
    expect((await cleo.context.request.get(`${world.url}/api/v1/session`)).status()).toBe(200);
    await press(page, 'Sign cleo out');
    await answerDialog(page, 'Sign out');
    await sees(page, 'cleo is signed out there');
    await sees(cleo.page, 'Your session has ended. Sign in again to go on where you were.');
    await cleo.page.getByLabel('Token', { exact: true }).fill(token);
    await press(cleo.page, 'Sign in');
    await isOn(cleo.page, 'Runs');
    expect(faults).toEqual([]);
  });

  it('the audit is looked through by what was done to something, by whom and since when', async () => {
    const run_id = await world.startRun('Wrong_Way', 'audited');
    await world.post(`/api/v1/runs/${run_id}/cancel`, { reason: 'for the audit' });
    const { page, goto, faults } = await at(`/system?tab=audit&since=1h&target=${run_id}`);
    await sees(page, 'reason: for the audit');
    expect(await page.locator('[data-row]').count()).toBe(1);
    await goto('/system?tab=audit&who=nobody-of-that-name');
    await sees(page, 'Nothing matches');
    expect(faults).toEqual([]);
  });

  it('a storm is told on Now and on System while it lasts, and ended there', async () => {
    for (let place = 0; place < 6; place++)
      await world.send(
        [{ labels: { alertname: 'Slow_Checkout', service: 'stormy', place: String(place), severity: 'critical' } }],
        `stormy-${place}`,
      );
    await world.eventually('the storm', async () => {
      const { storm } = await world.get<{ storm: { storms: readonly unknown[] } }>('/api/v1/overview');
      return storm.storms.length > 0;
    });
    const { page, goto, faults } = await at('/');
    await sees(page, 'Alert storm');
    await sees(page.locator('.now-trouble'), 'stormy');
    await goto('/system');
    await sees(page.getByRole('table', { name: 'Storms' }), 'stormy');
    await press(page, 'End the storm of stormy');
    await answerDialog(page, 'End it', 'a load test');
    await sees(page, /ended the storm of stormy$/);
    await goto('/');
    await page.locator('.now-trouble').waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
  });
});
