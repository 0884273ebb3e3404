import { Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import type { DeadLetter } from '../../src/domain/alert/dead-letter.js';
import { openStore } from '../../src/store/open.js';
import { anAlert } from '../helper/an-alert.js';
import { aHome, FixpointProcess } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { aFreshWorld } from '../helper/fresh-world.js';
import type { FreshWorld } from '../helper/fresh-world.js';
import { describeWith } from '../helper/servers.js';
import { ids } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

const PATIENCE_MS = 60_000;
vi.setConfig({ testTimeout: 4 * PATIENCE_MS });

const PLAYBOOK = `
playbook_id: PB-One-Step
trigger_conditions:
  - alert_name: Something_Broke
tasks:
  - { id: rest, type: wait, parameters: { duration: 10ms } }
`;

await describeWith(['postgres', 'kafka'], 'dead letters of the bus', (addresses) => {
  let world: FreshWorld;
  let home: Home;
  let fixpoint: FixpointProcess;

  beforeEach(async () => {
    world = await aFreshWorld(addresses);
    home = aHome({ 'one-step.yaml': PLAYBOOK }, JSON.stringify({ default_mode: 'auto' }));
    fixpoint = await FixpointProcess.start(home, world.env);
  });
  afterEach(async () => {
    await fixpoint.kill();
    await world.remove();
    home.remove();
  });

  /** Puts a message onto the alerts' topic as a stranger does. */
  async function put(value: string): Promise<void> {
    const brokers = [world.env.KAFKA_BROKERS];
    const producer = new Kafka({ clientId: 'a-stranger', brokers, logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({ topic: `${world.env.KAFKA_TOPIC_PREFIX}.alerts`, messages: [{ key: 'k', value }] });
    await producer.disconnect();
  }

  function letters(count: number): Promise<readonly DeadLetter[]> {
    return until(
      `${count} dead letters`,
      async () => {
        const { items } = await fixpoint.get<{ items: DeadLetter[] }>('/api/v1/dead_letters');
        return items.length === count && items;
      },
      PATIENCE_MS,
    );
  }

  async function replay({ dead_letter_id }: DeadLetter): Promise<{ status: number; alert_id: string | undefined }> {
    const answer = await fixpoint.post(`/api/v1/dead_letters/${dead_letter_id}/replay`, {});
    const { alerts } = (await answer.json()) as { alerts?: { alert_id: string }[] };
    return { status: answer.status, alert_id: alerts?.[0]?.alert_id };
  }

  function decided(alert_id: string | undefined): Promise<StoredAlert> {
    return until(
      'the decision',
      async () => {
        const alert = await fixpoint.get<StoredAlert>(`/api/v1/alerts/${alert_id ?? ''}`);
        return alert.decision && alert;
      },
      PATIENCE_MS,
    );
  }

  it('are replayed when they are somebody’s alert after all, and stay as they were when they are none', async () => {
    await put(JSON.stringify({ alert_name: 'Something_Broke', service_name: 'shop', severity: 'critical' }));
    await put('not json {');
    const [none, foreign] = await letters(2);
    expect([none?.source, foreign?.source]).toEqual(['kafka', 'kafka']);

    const taken = await replay(foreign!);
    expect(taken.status).toBe(202);
    expect((await decided(taken.alert_id)).decision).toMatchObject({ action: 'run', playbook_id: 'PB-One-Step' });
    expect((await replay(foreign!)).status).toBe(409);

    expect((await replay(none!)).status).toBe(400);
    expect((await letters(2)).map((letter) => letter.replayed_at !== null)).toEqual([false, true]);
  });

  it('are the alert itself when it was given up: replayed it is decided, or given up once more', async () => {
    // A text that no database keeps; intake would have mended it.
    const cursed = anAlert({ alert_name: 'Something_Broke', description: 'a \u0000 in it', fingerprint: 'f1' });
    await put(JSON.stringify(cursed));
    const [letter] = await letters(1);
    expect(letter).toMatchObject({ source: 'kafka', reason: expect.stringContaining('not decided in') as unknown });
    expect((await replay(letter!)).status).toBe(202);
    await letters(2);

    const store = await openStore({
      url: world.env.DATABASE_URL,
      directory: '',
      seed: null,
      migrations: 'migrations',
      clock: SYSTEM_CLOCK,
      ids,
      hears: false,
      onError: () => undefined,
    });
    const alert = anAlert({ alert_name: 'Something_Broke', source_system: 'zabbix', fingerprint: 'f2' });
    const body = Buffer.from(JSON.stringify(alert));
    await store.deadLetters.add({ source: 'kafka', received_at: alert.received_at, reason: 'x', details: [], body });
    await store.stop();

    const [given] = await letters(3);
    const taken = await replay(given!);
    const { alert_id, fingerprint, source_system, timestamp, decision } = await decided(taken.alert_id);
    expect({ fingerprint, source_system, timestamp }).toEqual({
      fingerprint: 'f2',
      source_system: 'zabbix',
      timestamp: alert.timestamp,
    });
    expect(alert_id).not.toBe(alert.alert_id);
    expect(decision).toMatchObject({ action: 'run' });
  });
});
