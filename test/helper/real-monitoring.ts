import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { servers } from './servers.js';
import { until } from './until.js';

const SHIPPED = join(import.meta.dirname, '..', 'servers', 'prometheus', 'fixpoint');

/** Where a real Prometheus and Alertmanager are pointed, and how they are told apart from what other suites left in them. */
export interface Monitoring {
  readonly fixpoint_url: string;
  readonly token: string;
  /** Where the receiver beside Fixpoint listens. */
  readonly pager_port: number;
  /** A label of every alert, and part of the receiver's name: what Alertmanager remembers of earlier suites does not count. */
  readonly suite: string;
  readonly group_wait: string;
  readonly repeat_interval: string;
  /** Alertmanager's own. */
  readonly inhibit_rules?: readonly unknown[];
}

/**
 * Loads the configuration that an operator has (test/servers/prometheus/fixpoint) into the running Prometheus and Alertmanager, and
 * answers how to put back what they have by default.
 */
export async function pointMonitoring(to: Monitoring): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-prometheus-'));
  cpSync(SHIPPED, folder, { recursive: true });
  edit(join(folder, 'alertmanager.yml'), [
    [['route', 'group_wait'], to.group_wait],
    [['route', 'repeat_interval'], to.repeat_interval],
    [['route', 'routes', 0, 'receiver'], `fixpoint-${to.suite}`],
    [['route', 'routes', 0, 'matchers'], [`suite="${to.suite}"`]],
    [['receivers', 1, 'name'], `fixpoint-${to.suite}`],
    [['inhibit_rules'], to.inhibit_rules ?? []],
  ]);
  edit(join(folder, 'rules.yml'), [
    [['groups', 0, 'rules', 0, 'labels', 'suite'], to.suite],
    [['groups', 0, 'rules', 1, 'labels', 'suite'], to.suite],
  ]);
  await load({
    PROMETHEUS_DIR: folder,
    FIXPOINT_URL: to.fixpoint_url,
    FIXPOINT_TOKEN: to.token,
    WEBHOOK_PORT: String(to.pager_port),
  });
  await sending();
  return async () => {
    await load({});
    rmSync(folder, { recursive: true, force: true });
  };
}

/** After a new configuration Prometheus sends its alerts nowhere for some seconds; what fires meanwhile would only be sent a minute later. */
async function sending(): Promise<void> {
  await until(
    'Prometheus to know its Alertmanager',
    async () => {
      const answer = await fetch('http://127.0.0.1:29090/api/v1/alertmanagers');
      const { data } = (await answer.json()) as { data: { activeAlertmanagers: unknown[] } };
      return data.activeAlertmanagers.length > 0;
    },
    60_000,
  );
}

async function load(env: Record<string, string>): Promise<void> {
  const said = await servers(['up', 'prometheus'], env);
  if (said.code !== 0) throw new Error(`Prometheus did not take the configuration: ${said.text}`);
}

function edit(file: string, changes: readonly (readonly [path: readonly (string | number)[], value: unknown])[]): void {
  const document = parseDocument(readFileSync(file, 'utf8'));
  for (const [path, value] of changes) document.setIn(path, document.createNode(value));
  writeFileSync(file, document.toString());
}

/** A scrape target on one of the ports of the shipped configuration. It is down until it is started. */
export class ScrapeTarget {
  readonly #port: number;
  #server: Server | null = null;
  /** Gauges by name. */
  gauges: Readonly<Record<string, number>> = {};

  constructor(port: number) {
    this.#port = port;
  }

  start(): Promise<void> {
    const server = createServer((_request, response) => {
      const lines = Object.entries(this.gauges).map(([name, value]) => `# TYPE ${name} gauge\n${name} ${value}\n`);
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(lines.join(''));
    });
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
  }

  /** May be called twice, or before start. */
  stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return Promise.resolve();
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}
