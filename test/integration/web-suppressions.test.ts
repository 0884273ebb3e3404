import { expect, it } from 'vitest';
import { describeWith } from '../helper/servers.js';
import { answerDialog, press, sees } from '../web/hand.js';
import { setStage } from '../web/stage.js';

interface Made {
  readonly comment: string;
  readonly freeze?: boolean;
  readonly ended_by: string | null;
}

await describeWith(['chromium'], 'what a person holds back on the web pages', ({ chromium }) => {
  const stage = setStage(chromium);

  async function made(list: string, comment: string): Promise<Made | undefined> {
    const { items } = await stage.world.get<{ readonly items: readonly Made[] }>(`/api/v1/${list}`);
    return items.find((item) => item.comment === comment);
  }

  it('a maintenance window is made after a look at when it will be, and ended for good', async () => {
    const { page, faults } = await stage.at('/silences?tab=windows');
    await press(page, 'New window');
    const dialog = page.getByRole('dialog', { name: 'New maintenance window' });
    await sees(dialog, 'Next occurrences');
    await dialog.getByLabel(/^Freeze writes/).check();
    await press(dialog, 'Make the window');
    expect(await made('maintenance_windows', 'the racks are moved')).toBeUndefined();
    await dialog.getByLabel('Comment').fill('the racks are moved');
    await press(dialog, 'Make the window');
    await dialog.waitFor({ state: 'hidden' });
    expect(await made('maintenance_windows', 'the racks are moved')).toMatchObject({ freeze: true, ended_by: null });
    await page.waitForURL('**/silences/windows/*');
    await press(page, 'End it for good');
    await answerDialog(page, 'End it for good');
    await stage.world.eventually(
      'the end of the window',
      async () => (await made('maintenance_windows', 'the racks are moved'))?.ended_by !== null,
    );
    expect(faults).toEqual([]);
  });

  it('a silence is ended before its time', async () => {
    const ends_at = new Date(Date.now() + 3_600_000).toISOString();
    await stage.world.post('/api/v1/silences', { matchers: ['service="checkout"'], ends_at, comment: 'known' });
    const { page, faults } = await stage.at('/silences');
    await page.locator('[data-row="0"] .row-link').click();
    await press(page, 'End it now');
    await answerDialog(page, 'End it now');
    await stage.world.eventually(
      'the end of the silence',
      async () => (await made('silences', 'known'))?.ended_by !== null,
    );
    expect(faults).toEqual([]);
  });
});
