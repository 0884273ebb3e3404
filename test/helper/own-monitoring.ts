import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './loopback.js';
import { until } from './until.js';

const READY_MS = 60_000;

/** A real program that nobody else uses, in a folder and on a port of its own: it may be restarted, killed and made to forget. */
class OwnServer {
  readonly url: string;
  protected readonly folder: string;
  readonly #command: string;
  #child: ChildProcess | null = null;

  protected constructor(command: string, port: number) {
    this.#command = command;
    this.url = `http://127.0.0.1:${port}`;
    this.folder = mkdtempSync(join(tmpdir(), `fixpoint-own-${command}-`));
  }

  protected async run(args: readonly string[]): Promise<void> {
    const child = spawn(this.#command, args, { stdio: 'ignore' });
    this.#child = child;
    await until(
      `${this.#command} to be ready`,
      async () => (await fetch(`${this.url}/-/ready`).catch(() => null))?.ok,
      READY_MS,
    );
  }

  /** May be called twice. `SIGTERM` lets it write down what it knows. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** Takes the files of its configuration in anew, while it runs. */
  async reload(): Promise<void> {
    const answer = await fetch(`${this.url}/-/reload`, { method: 'POST' });
    if (!answer.ok) throw new Error(`${this.#command} did not reload: ${answer.status} ${await answer.text()}`);
  }

  /** Everything that it wrote is gone: at its next start it knows of nothing. */
  forget(): void {
    rmSync(join(this.folder, 'data'), { recursive: true, force: true });
  }

  /** Ends it and removes its folder. */
  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  protected write(name: string, text: string): void {
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }
}

/** An Alertmanager; `config` is the text of its alertmanager.yml. */
export class OwnAlertmanager extends OwnServer {
  readonly #port: number;
  readonly #clustered: readonly string[];

  constructor(port: number, config: string, clustered: readonly string[]) {
    super('prometheus-alertmanager', port);
    this.#port = port;
    this.#clustered = clustered;
    this.configure(config);
  }

  /** Alone, or one of several that gossip: `cluster` are the ports at which they hear one another, its own first. */
  static async open(config: string, cluster: readonly number[] = []): Promise<OwnAlertmanager> {
    const [own, ...peers] = cluster.map((port) => `127.0.0.1:${port}`);
    const clustered =
      own === undefined
        ? ['--cluster.listen-address=']
        : [
            `--cluster.listen-address=${own}`,
            ...peers.map((peer) => `--cluster.peer=${peer}`),
            '--cluster.settle-timeout=1s',
            '--cluster.gossip-interval=50ms',
            '--cluster.pushpull-interval=1s',
            // The second waits so long for the first to say that it has sent.
            '--cluster.peer-timeout=2s',
          ];
    return new OwnAlertmanager(await freePort(), config, clustered);
  }

  configure(config: string): void {
    this.write('alertmanager.yml', config);
  }

  start(): Promise<void> {
    return this.run([
      `--config.file=${join(this.folder, 'alertmanager.yml')}`,
      `--storage.path=${join(this.folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${this.#port}`,
      ...this.#clustered,
    ]);
  }

  /** Posts alerts as Prometheus does. */
  async post(alerts: readonly unknown[]): Promise<void> {
    await this.#ask('/api/v2/alerts', alerts);
  }

  /** Silences what has a label for an hour, and answers how to end that. */
  async silence(name: string, value: string): Promise<() => Promise<void>> {
    const now = Date.now();
    const answer = await this.#ask('/api/v2/silences', {
      matchers: [{ name, value, isRegex: false, isEqual: true }],
      startsAt: new Date(now).toISOString(),
      endsAt: new Date(now + 3_600_000).toISOString(),
      createdBy: 'eve',
      comment: 'on it',
    });
    const { silenceID } = (await answer.json()) as { silenceID: string };
    return async () => void (await fetch(`${this.url}/api/v2/silence/${silenceID}`, { method: 'DELETE' }));
  }

  /** The states of what it holds, by the value of a label. */
  async states(label: string): Promise<Record<string, string>> {
    const answer = await fetch(`${this.url}/api/v2/alerts`);
    const alerts = (await answer.json()) as { labels: Record<string, string>; status: { state: string } }[];
    return Object.fromEntries(alerts.map(({ labels, status }) => [labels[label] ?? '', status.state]));
  }

  async #ask(path: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`Alertmanager: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}

/** A Prometheus that looks every second, and sends what fires again every ten. */
export class OwnPrometheus extends OwnServer {
  readonly #port: number;

  constructor(port: number) {
    super('prometheus', port);
    this.#port = port;
  }

  static async open(alertmanagers: readonly string[], target: string): Promise<OwnPrometheus> {
    const prometheus = new OwnPrometheus(await freePort());
    const hosts = alertmanagers.map((url) => `'${new URL(url).host}'`).join(', ');
    prometheus.write(
      'prometheus.yml',
      `global: {scrape_interval: 1s, evaluation_interval: 1s}
alerting: {alertmanagers: [{static_configs: [{targets: [${hosts}]}]}]}
rule_files: [rules.yml]
scrape_configs: [{job_name: shop, static_configs: [{targets: ['${target}']}]}]
`,
    );
    return prometheus;
  }

  /** `rules` is the text of a rule file's list of rules. It counts from the next start or reload on. */
  rules(rules: string): void {
    this.write('rules.yml', `groups:\n  - name: own\n    rules:\n${rules.replace(/^/gm, '      ')}\n`);
  }

  start(): Promise<void> {
    return this.run([
      `--config.file=${join(this.folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(this.folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${this.#port}`,
      '--web.enable-lifecycle',
      // An alert ends in Alertmanager four of these after it was last sent: the tests need not wait for minutes.
      '--rules.alert.resend-delay=10s',
      '--rules.alert.for-grace-period=0s',
    ]);
  }
}
