// P4b's reference: Debian's Alertmanager, which sends a webhook as soon as it has an alert.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CPU, end, spawnPinned } from './child.mjs';
import { freePort } from './postgres.mjs';
import { servers, Unavailable } from './servers.mjs';

const PROGRAM = '/usr/bin/prometheus-alertmanager';
const READY_LIMIT_MS = 30_000;

/** One that tells `webhook` of every service's alerts at once, each service a group of its own. */
export class Alertmanager {
  static async start(webhook) {
    await install();
    const folder = mkdtempSync(join(tmpdir(), 'fixpoint-bench-am-'));
    const config = {
      route: {
        receiver: 'bench',
        group_by: ['service'],
        group_wait: '0s',
        group_interval: '5m',
        repeat_interval: '4h',
      },
      receivers: [{ name: 'bench', webhook_configs: [{ url: webhook, send_resolved: false }] }],
    };
    writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawnPinned(
      [
        PROGRAM,
        `--config.file=${join(folder, 'alertmanager.yml')}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--cluster.listen-address=',
        '--log.level=error',
      ],
      { cpu: CPU.subject, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const started = new Alertmanager(child, folder, `http://${address}/api/v2/alerts`);
    try {
      await started.#isReady(address);
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  constructor(child, folder, url) {
    Object.assign(this, { child, folder, url });
  }

  async #isReady(address) {
    const until = performance.now() + READY_LIMIT_MS;
    while (!(await answers(`http://${address}/-/ready`))) {
      if (this.child.exitCode !== null) throw new Error(`Alertmanager ended with ${this.child.exitCode}`);
      if (performance.now() > until) throw new Error(`Alertmanager was not ready within ${READY_LIMIT_MS} ms`);
      await sleep(50);
    }
  }

  async stop() {
    await end(this.child);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function install() {
  if (existsSync(PROGRAM)) return;
  try {
    await servers(['install', 'prometheus']);
  } catch (error) {
    throw new Unavailable(`no Alertmanager: ${error.message}`);
  }
}

function answers(url) {
  return new Promise((resolve) => {
    const asked = request(url, { timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
    asked.on('timeout', () => asked.destroy());
    asked.end();
  });
}
