import type { Locator, Page } from '@playwright/test';
import { PAGE_PATIENCE_MS } from './browser.js';

/** Presses the button of that name; exactly one has to be there. */
export function press(where: Page | Locator, name: string): Promise<void> {
  return where.getByRole('button', { name, exact: true }).click();
}

/** Answers the dialog that is open: writes the reason where one is given, then presses the button of that name and waits until it has closed. */
export async function answerDialog(page: Page, button: string, reason: string | null = null): Promise<void> {
  const dialog = page.getByRole('dialog').last();
  if (reason !== null) await dialog.getByRole('textbox').fill(reason);
  await press(dialog, button);
  await dialog.waitFor({ state: 'hidden' });
}

/** Waits until the text is to be seen. */
export function sees(where: Page | Locator, text: string | RegExp): Promise<void> {
  return where.getByText(text).filter({ visible: true }).first().waitFor({ timeout: PAGE_PATIENCE_MS });
}

/** Waits until the page has this heading. */
export function isOn(page: Page, heading: string): Promise<void> {
  return page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
}
