import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import type { RunHeader, Step } from '../../src/domain/run/run.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { alertmanagerBody } from './alertmanager-body.js';
import { aHome, TOKEN } from './fixpoint-process.js';
import type { Home } from './fixpoint-process.js';
import { until } from './until.js';
import { systemClock } from '../../src/system-clock.js';
import { ROLES } from '../../src/app/work-roles.js';

/** What a channel of the world was told. */
export interface Told {
  readonly subject: string;
  readonly text: string;
  readonly severity: string;
}

export type RunAnswer = RunHeader & { readonly steps: readonly Step[] };

/** A whole Fixpoint on an embedded store, with a server that it acts on (`asked`) and a channel that it tells (`told`). */
export class AppWorld {
  readonly asked: string[] = [];
  readonly told: Told[] = [];
  readonly #home: Home;
  readonly #server: Server;
  #app: App | null = null;
  /** Requests to `/slow` end when this is called. */
  readonly release: (() => void)[] = [];

  /** `open` makes one. */
  constructor(home: Home, server: Server) {
    this.#home = home;
    this.#server = server;
  }

  /** `files` are playbooks and rules by file name, `config` is more text of fixpoint.yaml, `executors` more lines of its executors. */
  static async open(files: Readonly<Record<string, string>>, config = '', executors = ''): Promise<AppWorld> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const written = `default_mode: auto
port: 0
executors:
  api_call: {base_url: "${url}"}
${executors}
notifiers: {webhook: {url: "${url}/told"}}
${config}`;
    const world = new AppWorld(aHome(files, written), server);
    server.on('request', (request, response) => {
      void textOf(request).then((text) => {
        if (request.url === '/told') world.told.push(JSON.parse(text) as Told);
        else world.asked.push(`${request.method} ${request.url}`);
        if (request.url === '/slow') world.release.push(() => response.end('{}'));
        else response.end('{}');
      });
    });
    await world.start();
    return world;
  }

  get app(): App {
    if (!this.#app) throw new Error('the world is stopped');
    return this.#app;
  }

  async start(): Promise<void> {
    const env = {
      FIXPOINT_ADMIN_TOKEN: TOKEN,
      FIXPOINT_DATA_DIR: `${this.#home.directory}/data`,
      FIXPOINT_PLAYBOOKS_DIR: `${this.#home.directory}/playbooks`,
    };
    const config = loadConfig({ file: `${this.#home.directory}/fixpoint.yaml`, env, cwd: this.#home.directory });
    this.#app = await startApp({ config, roles: ROLES, clock: systemClock, log: SILENT_LOG, version: 'test' });
  }

  /** Stops Fixpoint; what it has stored stays. */
  async stop(): Promise<void> {
    await this.#app?.stop();
    this.#app = null;
  }

  async close(): Promise<void> {
    for (const end of this.release) end();
    await this.stop();
    this.#server.close();
    this.#server.closeAllConnections();
    this.#home.remove();
  }

  async call<T>(path: string, body?: unknown): Promise<T> {
    return JSON.parse(await this.text(path, body)) as T;
  }

  async text(path: string, body?: unknown): Promise<string> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(this.app.url + path, {
      ...init,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.text();
  }

  /** Posts alerts as one group and answers what became of each. */
  async post(alerts: Parameters<typeof alertmanagerBody>[0], groupKey: string): Promise<StoredAlert[]> {
    const { alerts: accepted } = await this.call<{ alerts: { alert_id: string }[] }>(
      '/api/v1/webhooks/alertmanager',
      alertmanagerBody(alerts, groupKey),
    );
    return Promise.all(accepted.map(({ alert_id }) => this.decided(alert_id)));
  }

  decided(alert_id: string, wanted: (alert: StoredAlert) => boolean = () => true): Promise<StoredAlert> {
    return until('a decision', async () => {
      const alert = await this.call<StoredAlert>(`/api/v1/alerts/${alert_id}`);
      return alert.decision !== null && wanted(alert) && alert;
    });
  }

  run(run_id: string | null | undefined, state = 'succeeded'): Promise<RunAnswer> {
    return until(`run ${run_id} to be ${state}`, async () => {
      const found = await this.call<RunAnswer>(`/api/v1/runs/${run_id}`);
      return found.state === state && found;
    });
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
