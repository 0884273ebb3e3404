import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { ROLES } from '../../src/app/work-roles.js';
import { loadConfig } from '../../src/config.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import { systemClock } from '../../src/system-clock.js';
import { aHome, TOKEN } from './fixpoint-process.js';
import type { Home } from './fixpoint-process.js';

/** The whole service within the test's own process, on a port, a store and a folder of its own. */
export class RunningApp {
  readonly #home: Home;
  readonly #app: App;

  constructor(home: Home, app: App) {
    this.#home = home;
    this.#app = app;
  }

  /** `files` are playbooks and rules by file name, `config` is the text of fixpoint.yaml. */
  static async start(files: Readonly<Record<string, string>>, config: string): Promise<RunningApp> {
    const home = aHome(files, `port: 0\n${config}`);
    const env = {
      FIXPOINT_ADMIN_TOKEN: TOKEN,
      FIXPOINT_DATA_DIR: `${home.directory}/data`,
      FIXPOINT_PLAYBOOKS_DIR: `${home.directory}/playbooks`,
    };
    try {
      const read = loadConfig({ file: `${home.directory}/fixpoint.yaml`, env, cwd: home.directory });
      const parts = { roles: ROLES, clock: systemClock, log: SILENT_LOG, version: 'test' };
      return new RunningApp(home, await startApp({ config: read, ...parts }));
    } catch (error) {
      home.remove();
      throw error;
    }
  }

  get url(): string {
    return this.#app.url;
  }

  /** Everything that a list of the API holds, over all of its pages, in its order. */
  async list<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let cursor: string | null = null; ;) {
      const url = new URL(path, this.url);
      if (cursor !== null) url.searchParams.set('cursor', cursor);
      const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
      if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
      const page = (await answer.json()) as { items: Item[]; next_cursor?: string | null };
      items.push(...page.items);
      if (!page.next_cursor) return items;
      cursor = page.next_cursor;
    }
  }

  async stop(): Promise<void> {
    await this.#app.stop();
    this.#home.remove();
  }
}
