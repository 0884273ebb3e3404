import { expect, it } from 'vitest';
import { describeWith } from '../helper/servers.js';
import { settled } from '../web/browser.js';
import { press, sees } from '../web/hand.js';
import { setStage } from '../web/stage.js';

await describeWith(['chromium'], 'what the web pages say of waiting', ({ chromium }) => {
  const stage = setStage(chromium);

  it('a freeze is told as what it is, with its window, and nobody is asked to move it on', async () => {
    const { window_id } = await stage.world.post<{ window_id: string }>('/api/v1/maintenance_windows', {
      matchers: ['service="frozen"'],
      starts_at: new Date().toISOString(),
      ends_at: new Date(Date.now() + 3_600_000).toISOString(),
      ...{ hold: false, freeze: true, comment: 'sale: no writes' },
    });
    const run_id = await stage.world.startRun('Slow_Checkout', 'frozen');
    await stage.world.eventually('the write to be held', async () => {
      const { steps } = await stage.world.get<{ steps: { reason: string | null }[] }>(`/api/v1/runs/${run_id}`);
      return steps.some(({ reason }) => reason === 'pause');
    });
    const { page, faults } = await stage.at(`/runs/${run_id}`);
    await sees(page, 'Writes are frozen: Warm the cache');
    const lead = page.locator('.run-lead');
    expect(await lead.innerText()).toContain('sale: no writes');
    // In the reader's zone, not as the service writes it.
    expect(await lead.innerText()).not.toMatch(/\dT\d\d:/);
    expect(await page.getByText('A person has to move it on').count()).toBe(0);
    await page.getByRole('link', { name: 'To the maintenance window' }).click();
    await page.waitForURL(`**/silences/windows/${window_id}`);
    await settled(page);
    // Who reads by ear or goes on by keys is on the new page.
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('main');
    expect(faults).toEqual([]);
  });

  it('an explanation says that it is not of what stands there now', async () => {
    const { page, faults } = await stage.at('/rules?tab=explain');
    const text = page.getByRole('textbox', { name: 'Alert (JSON)' });
    await text.fill('{"alert_name": "Odd_Orders"}');
    await press(page, 'Explain');
    await sees(page, 'It would start a run');
    expect(await page.getByText(/The text was changed since/).count()).toBe(0);
    await text.fill('{"alert_name": "Odd_Ord');
    await sees(page, /The text was changed since/);
    await text.fill('{"alert_name": "Nobody_Knows"}');
    await press(page, 'Explain');
    await sees(page, /^No rule/);
    expect(await page.getByText(/The text was changed since/).count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('a refused sign-in is said plainly, and the token can be typed anew at once', async () => {
    const { page } = await stage.at('/', { token: null });
    const token = page.getByLabel('Token', { exact: true });
    await token.fill(await stage.world.tokenOf('am', 'ingest'));
    await press(page, 'Sign in');
    await sees(page, /^This token may only send alerts/);
    expect(await page.evaluate<string>('document.activeElement.name')).toBe('token');
  });

  it('a page whose code is not there yet waits for the service, and comes by itself', async () => {
    const { page } = await stage.at('/runs');
    await stage.world.kill();
    await page.getByRole('link', { name: 'Silences', exact: true }).first().click();
    await sees(page, 'The service cannot be reached. It is asked again by itself.');
    expect(page.url()).toBe(`${stage.world.url}/silences`);
    await stage.world.start();
    await page.getByRole('button', { name: 'New silence', exact: true }).first().waitFor({ timeout: 30_000 });
  });
});
