// A Kafka of the benchmark's own: the real broker of test/servers, in a temporary folder and on ports that nobody else uses.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './postgres.mjs';
import { servers, Unavailable } from './servers.mjs';

/** Starts it when it is first asked for. Rejects with Unavailable where it cannot be had. */
export class Kafka {
  #starting = null;

  /** `host:port` of the broker. */
  brokers() {
    this.#starting ??= start();
    return this.#starting.then(({ address }) => address);
  }

  async stop() {
    const started = await this.#starting?.catch(() => null);
    await started?.stop();
  }
}

async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-bench-kafka-'));
  const port = await freePort();
  const env = { SERVERS_RUN_DIR: folder, PORT: String(port), CONTROLLER: String(await freePort()) };
  const stop = async () => {
    await servers(['down', 'kafka'], env);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await servers(['up', 'kafka'], env);
  } catch (error) {
    await stop().catch(() => undefined);
    throw new Unavailable(`no Kafka: ${error.message}`);
  }
  return { address: `127.0.0.1:${port}`, stop };
}
