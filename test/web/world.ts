import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, FixpointProcess, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { openLoopback } from '../helper/loopback.js';
import type { Loopback } from '../helper/loopback.js';
import { until } from '../helper/until.js';
import { PLAYBOOKS } from './playbooks.js';

/** How long something may take that the service does by itself; the machine may be busy. */
const PATIENCE_MS = 30_000;

/** One alert as Alertmanager sends it. */
export type SentAlert = Parameters<typeof alertmanagerBody>[0][number];

interface WorldOptions {
  /** Further lines of the configuration. */
  readonly config?: string;
  /** Done before the service starts. */
  readonly prepare?: (home: Home) => Promise<void>;
}

/** The service as it is shipped, in a process and on a store of its own, with a server that its playbooks act on. */
export class WebWorld {
  readonly shop: Loopback;
  readonly #home: Home;
  readonly #port: string;
  #service: FixpointProcess;

  /** `open` makes one. */
  constructor(home: Home, shop: Loopback, service: FixpointProcess) {
    this.#home = home;
    this.shop = shop;
    this.#service = service;
    this.#port = new URL(service.url).port;
  }

  /** Starts everything; `more` are further playbooks and rules by file name. */
  static async open(more: Readonly<Record<string, string>> = {}, options: WorldOptions = {}): Promise<WebWorld> {
    const shop = await openLoopback();
    const home = aHome(
      { ...PLAYBOOKS, ...more },
      `default_mode: auto\nexecutors: {api_call: {base_url: "${shop.url}"}}\nnotifiers: {webhook: {url: "${shop.url}/told"}}\n${options.config ?? ''}`,
    );
    try {
      await options.prepare?.(home);
      return new WebWorld(home, shop, await FixpointProcess.start(home));
    } catch (error) {
      await shop.close();
      home.remove();
      throw error;
    }
  }

  get url(): string {
    return this.#service.url;
  }

  /** Ends the process without a warning. */
  kill(): Promise<void> {
    return this.#service.kill();
  }

  /** Starts it again where it was: same address, same store. */
  async start(): Promise<void> {
    this.#service = await FixpointProcess.start(this.#home, { PORT: this.#port });
  }

  async close(): Promise<void> {
    await this.#service.stop();
    await this.shop.close();
    this.#home.remove();
  }

  get<T>(path: string): Promise<T> {
    return this.#service.get<T>(path);
  }

  /** Answers what the service answered; throws where it refused. */
  async post<T>(path: string, body: unknown = {}): Promise<T> {
    const answer = await this.#service.post(path, body);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T; // what the caller knows the path to answer
  }

  /** Sends alerts as one group; answers them as they were decided. */
  async send(alerts: readonly SentAlert[], group: string): Promise<StoredAlert[]> {
    const { alerts: accepted } = await this.post<{ alerts: { alert_id: string }[] }>(
      '/api/v1/webhooks/alertmanager',
      alertmanagerBody(
        alerts.map((alert) => ({ startsAt: new Date().toISOString(), ...alert })),
        group,
      ),
    );
    return Promise.all(
      accepted.map(({ alert_id }) =>
        this.eventually('a decision', async () => {
          const alert = await this.get<StoredAlert>(`/api/v1/alerts/${alert_id}`);
          return alert.decision === null ? null : alert;
        }),
      ),
    );
  }

  /** Sends an alert of this name that starts a run; answers the run's id. */
  async startRun(alertname: string, service: string): Promise<string> {
    const [alert] = await this.send(
      [{ labels: { alertname, service, severity: 'critical' } }],
      `${alertname}/${service}`,
    );
    const run_id = alert?.decision?.run_id;
    if (!run_id) throw new Error(`${alertname} started no run: ${JSON.stringify(alert?.decision)}`);
    return run_id;
  }

  /** Waits until the run is in that state. */
  async runIs(run_id: string, state: string): Promise<void> {
    await this.eventually(`run ${run_id} to be ${state}`, async () => {
      const run = await this.get<{ state: string }>(`/api/v1/runs/${run_id}`);
      return run.state === state;
    });
  }

  /** The approval that a run waits for. */
  approvalOf(run_id: string): Promise<string> {
    return this.eventually('the approval', async () => {
      const { items } = await this.get<{ items: { approval_id: string; run_id: string }[] }>(
        '/api/v1/approvals?state=pending&limit=200',
      );
      return items.find((item) => item.run_id === run_id)?.approval_id;
    });
  }

  /** A new token of that role. */
  async tokenOf(name: string, role: string): Promise<string> {
    return (await this.post<{ token: string }>('/api/v1/tokens', { name, role })).token;
  }

  eventually<T>(what: string, condition: () => T | Promise<T>) {
    return until(what, condition, PATIENCE_MS);
  }
}

export { TOKEN };
