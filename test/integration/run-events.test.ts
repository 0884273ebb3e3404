import { Kafka, logLevel } from 'kafkajs';
import type { Consumer } from 'kafkajs';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { StoredEvent } from '../../src/domain/run/run.js';
import { openStore } from '../../src/store/open.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, FixpointProcess } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { aFreshWorld } from '../helper/fresh-world.js';
import type { FreshWorld } from '../helper/fresh-world.js';
import { freePort } from '../helper/loopback.js';
import { startOwnServers } from '../helper/own-servers.js';
import type { OwnServers } from '../helper/own-servers.js';
import { describeWith } from '../helper/servers.js';
import { ids } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

const PATIENCE_MS = 120_000;
vi.setConfig({ testTimeout: 6 * PATIENCE_MS, hookTimeout: 600_000 });

const PLAYBOOKS = {
  'one-step.yaml': `
playbook_id: PB-One-Step
trigger_conditions:
  - alert_name: Something_Broke
tasks:
  - { id: rest, type: wait, parameters: { duration: 10ms } }
`,
};

interface Message {
  readonly key: string;
  readonly event: StoredEvent & { readonly playbook_id: string; readonly service_name: string | null };
}

interface RunHead {
  readonly run_id: string;
  readonly service_name: string | null;
  readonly finished_at: string | null;
}

await describeWith(['postgres', 'kafka'], 'run events for other consumers', () => {
  let own: OwnServers;
  let world: FreshWorld;
  let home: Home;
  const running = new Set<FixpointProcess>();
  const consumers: Consumer[] = [];

  beforeAll(async () => {
    own = await startOwnServers();
  });
  afterAll(() => own.remove());
  beforeEach(async () => {
    world = await aFreshWorld(own);
  });
  afterEach(async () => {
    await own.up('kafka');
    await Promise.all(consumers.splice(0).map((consumer) => consumer.disconnect()));
    await Promise.all([...running].map((each) => each.kill()));
    running.clear();
    await world.remove();
    home.remove();
  });

  async function start(port: number, config: Record<string, unknown> = {}): Promise<FixpointProcess> {
    home = aHome(PLAYBOOKS, JSON.stringify({ default_mode: 'auto', ...config }));
    const started = await FixpointProcess.start(home, { ...world.env, PORT: String(port) });
    running.add(started);
    return started;
  }

  /** Everything on the topic, from its beginning, as it comes. */
  async function listen(): Promise<Message[]> {
    const kafka = new Kafka({ clientId: 'a-stranger', brokers: [own.kafka], logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `${world.env.KAFKA_TOPIC_PREFIX}.stranger` });
    consumers.push(consumer);
    const heard: Message[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic: `${world.env.KAFKA_TOPIC_PREFIX}.run-events`, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) =>
        void heard.push({
          key: message.key!.toString(),
          event: JSON.parse(message.value!.toString()) as Message['event'],
        }),
    });
    return heard;
  }

  async function finishedRuns(service: FixpointProcess, count: number): Promise<RunHead[]> {
    return until(
      `${count} runs to end`,
      async () => {
        const { items } = await service.get<{ items: RunHead[] }>('/api/v1/runs?limit=200');
        return items.length === count && items.every((run) => run.finished_at !== null) && items;
      },
      PATIENCE_MS,
    );
  }

  /** What was heard of a run, without what came again. */
  function storyOf(run_id: string, heard: readonly Message[]): Message['event'][] {
    const story: Message['event'][] = [];
    for (const { event } of heard) if (event.run_id === run_id && event.seq === story.length + 1) story.push(event);
    return story;
  }

  /** Every run's whole story, in its order, as the API tells it. */
  async function expectWholeStories(service: FixpointProcess, runs: readonly RunHead[], heard: readonly Message[]) {
    for (const { run_id, service_name } of runs) {
      const { items } = await service.get<{ items: StoredEvent[] }>(`/api/v1/runs/${run_id}/events`);
      const told = items.map((event) => ({ ...event, playbook_id: 'PB-One-Step', service_name }));
      await until(`all events of ${run_id}`, () => storyOf(run_id, heard).length >= items.length, PATIENCE_MS);
      expect(storyOf(run_id, heard)).toEqual(told);
    }
    for (const { key, event } of heard) expect(key).toBe(event.run_id);
  }

  it('are all there, as the API answers them, in their order, by two processes without repeats', async () => {
    const service = await start(await freePort());
    await start(await freePort());
    const heard = await listen();
    const services = Array.from({ length: 40 }, (_, n) => `s-${n}`);

    for (const name of services) {
      const labels = { alertname: 'Something_Broke', service: name };
      const answer = await service.post('/webhook/alert', alertmanagerBody([{ labels }], `{}:{service="${name}"}`));
      expect(answer.status).toBe(202);
    }
    const runs = await finishedRuns(service, services.length);
    await expectWholeStories(service, runs, heard);

    expect(heard).toHaveLength(runs.reduce((sum, { run_id }) => sum + storyOf(run_id, heard).length, 0));
  });

  it('are lost neither by a broker that is away nor by a process that is killed meanwhile', async () => {
    const port = await freePort();
    const first = await start(port);
    await own.down('kafka');
    for (let n = 0; n < 5; n += 1)
      expect((await first.post('/api/v1/playbooks/PB-One-Step/runs', {})).status).toBe(201);
    await finishedRuns(first, 5);
    running.delete(first);
    await first.kill();
    home.remove();
    await own.up('kafka');

    const second = await start(port);
    const heard = await listen();

    await expectWholeStories(second, await finishedRuns(second, 5), heard);
  });

  it('are not kept where nobody is to be told', async () => {
    const service = await start(await freePort(), { kafka: { run_events: false } });
    expect((await service.post('/api/v1/playbooks/PB-One-Step/runs', {})).status).toBe(201);
    await finishedRuns(service, 1);

    const client = new pg.Client({ connectionString: world.env.DATABASE_URL });
    await client.connect();
    const { rows } = await client.query('select count(*)::int as count from run_feed');
    await client.end();
    expect(rows).toEqual([{ count: 0 }]);
  });

  it('are not skipped when an earlier transaction commits after a later one was told', async () => {
    home = aHome({}, '{}');
    const { DATABASE_URL } = world.env;
    const store = await openStore({
      url: DATABASE_URL,
      directory: '',
      seed: null,
      migrations: 'migrations',
      clock: SYSTEM_CLOCK,
      ids,
      hears: false,
      feeds: true,
      onError: () => undefined,
    });
    const [late, early] = [1, 2].map(() => new pg.Client({ connectionString: DATABASE_URL }));
    const line = 'insert into run_feed (run_id, seq) values ($1, 1)';
    try {
      await late!.connect();
      await early!.connect();
      await late!.query('begin');
      await late!.query(line, ['begun-first']);
      await early!.query(line, ['committed-first']);

      const first = await store.runFeed.next(10);
      await store.runFeed.told(first.map(({ position }) => position));
      await late!.query('commit');
      const second = await store.runFeed.next(10);

      expect([first.length, second.length]).toEqual([1, 1]);
      expect(second[0]!.position).toBeLessThan(first[0]!.position);
    } finally {
      await late!.end();
      await early!.end();
      await store.stop();
    }
  });
});
