// One round set's surroundings: a fresh database, a Fixpoint on it, a load generator.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Asked, CPU, end, spawnNode } from './child.mjs';
import { Pgbench, freePort } from './postgres.mjs';
import { writePlaybooks } from './workload.mjs';

const HERE = import.meta.dirname;
const TOKEN = 'bench-admin-token-0123456789';

/** Starts everything that the engine's and the intake's goals need. */
export class World {
  #references = [];

  /** `brokers`: alerts go through this Kafka, on topics that nobody has used before. */
  static async open(postgres, name, brokers = null) {
    const folder = mkdtempSync(join(tmpdir(), 'fixpoint-bench-world-'));
    const playbooks = join(folder, 'playbooks');
    writePlaybooks(playbooks);
    const key = name.toLowerCase().replaceAll('-', '_');
    const database = await postgres.createDatabase(`bench_${key}`);
    // A database of its own for the references: what they write must not grow the subject's tables.
    const references = await postgres.createDatabase(`bench_${key}_reference`);
    const world = new World();
    Object.assign(world, { folder, playbooks, database, references, token: TOKEN, port: await freePort() });
    world.kafka =
      brokers === null ? {} : { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: `bench_${key}_${process.hrtime.bigint()}` };
    world.pgbench = await Pgbench.open(references.url, folder);
    world.load = new Asked(spawnNode([join(HERE, 'load.mjs')], { cpu: CPU.load }));
    await world.start();
    return world;
  }

  /** Starts the service; also again after `kill`. */
  async start() {
    this.socket = join(this.folder, `ended-${process.hrtime.bigint()}.sock`);
    const args = process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : [];
    this.service = new Asked(
      spawnNode([...args, join(HERE, 'service.mjs')], {
        cpu: CPU.subject,
        cwd: this.folder,
        env: {
          DATABASE_URL: this.database.url,
          FIXPOINT_PLAYBOOKS_DIR: this.playbooks,
          FIXPOINT_ADMIN_TOKEN: TOKEN,
          HOST: '127.0.0.1',
          PORT: String(this.port),
          LOG_LEVEL: 'warn',
          BENCH_SOCKET: this.socket,
          ...this.kafka,
        },
      }),
    );
    const { url } = await this.service.ready;
    this.url = `${url}/api/v1/webhooks/alertmanager`;
  }

  /** Ends the service as a crash does. */
  async kill() {
    await end(this.service.child, 'SIGKILL');
  }

  reference(kind) {
    const child = spawnNode([join(HERE, 'reference.mjs'), kind], {
      cpu: CPU.subject,
      env: { DATABASE_URL: this.references.url },
    });
    this.#references.push(child);
    return new Asked(child);
  }

  get goesThroughKafka() {
    return this.kafka.KAFKA_BROKERS !== undefined;
  }

  /** What every kind of load is told. */
  get target() {
    return { url: this.url, token: this.token, socket: this.socket };
  }

  async close() {
    if (this.service.child.exitCode === null && this.service.child.signalCode === null) {
      const gone = once(this.service.child, 'exit');
      await this.service.ask('stop');
      // It ends by itself once everything is stopped, which is when a profile is written.
      const timer = setTimeout(() => this.service.child.kill('SIGKILL'), 15_000);
      await gone;
      clearTimeout(timer);
    }
    await end(this.load.child);
    for (const child of this.#references) await end(child, 'SIGKILL');
    await this.database.drop();
    await this.references.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
