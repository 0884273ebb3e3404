import type { Browser } from '@playwright/test';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { launch, visit } from './browser.js';
import type { Look, Visitor } from './browser.js';
import { WebWorld } from './world.js';

/** Where a suite about the web pages plays: a service of its own, a browser, and whoever is looking. */
export interface Stage {
  /** From the first test on. */
  readonly world: WebWorld;
  /** Somebody's browser on no page yet; it is closed when the test has ended. */
  someone(look?: Look): Promise<Visitor>;
  /** Somebody's browser on that page, signed in unless the look says otherwise. */
  at(path: string, look?: Look): Promise<Visitor>;
}

/** Opens service and browser before the tests of the suite that calls it, and closes both behind them, also where one of them did not open. */
export function setStage(chromium: string, openWorld: () => Promise<WebWorld> = () => WebWorld.open()): Stage {
  const visitors: Visitor[] = [];
  let world: WebWorld | undefined;
  let browser: Browser | undefined;

  beforeAll(async () => {
    const opened = [openWorld().then((one) => (world = one)), launch(chromium).then((one) => (browser = one))];
    const failed = (await Promise.allSettled(opened)).find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });
  afterEach(async () => {
    await Promise.all(visitors.splice(0).map((visitor) => visitor.close()));
  });

  const stage: Stage = {
    get world() {
      if (world === undefined) throw new Error('the service is opened before the first test, not sooner');
      return world;
    },
    someone: async (look) => {
      if (browser === undefined) throw new Error('the browser is opened before the first test, not sooner');
      const visitor = await visit(browser, stage.world.url, look);
      visitors.push(visitor);
      return visitor;
    },
    at: async (path, look) => {
      const visitor = await stage.someone(look);
      await visitor.goto(path);
      return visitor;
    },
  };
  return stage;
}
