import { readFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { openKafkaBus } from '../../src/bus/kafka.js';
import type { KafkaBusOptions } from '../../src/bus/kafka.js';
import type { Bus } from '../../src/domain/bus.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import { aBatch, busSuite } from '../contract/bus-suite.js';
import type { BusBench } from '../contract/bus-suite.js';
import { freeze, thaw } from '../helper/freeze.js';
import { describeWith, serverFile, servers } from '../helper/servers.js';
import type { ServerName } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

let count = 0;

interface KafkaBench extends BusBench {
  readonly prefix: string;
  readonly admin: ReturnType<Kafka['admin']>;
  readonly kafka: Kafka;
}

/** A bus with topics of its own on a real broker. */
async function aKafkaBench(broker: string, name: ServerName, over: Partial<KafkaBusOptions> = {}): Promise<KafkaBench> {
  count += 1;
  const prefix = `suite-${process.pid}-${count}-${Date.now()}`;
  const dead: { alert_id: string | null; reason: string }[] = [];
  const buses: Bus[] = [];
  const open = async (): Promise<Bus> => {
    const bus = await openKafkaBus({
      brokers: [broker],
      clientId: 'fixpoint-suite',
      topicPrefix: prefix,
      partitions: 3,
      replication: 1,
      clock: SYSTEM_CLOCK,
      log: SILENT_LOG,
      meter: { handled: () => undefined },
      onDead: async ({ alert, reason }) => void dead.push({ alert_id: alert?.alert_id ?? null, reason }),
      ...over,
    });
    buses.push(bus);
    return bus;
  };
  const kafka = new Kafka({ clientId: 'fixpoint-suite-admin', brokers: [broker], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  return {
    bus: await open(),
    prefix,
    admin,
    kafka,
    reopen: open,
    cut: async () => {
      await freeze(pidOf(name));
      return async () => thaw(pidOf(name));
    },
    decide: async () => undefined,
    dead: () => dead,
    close: async () => {
      thaw(pidOf(name));
      await Promise.all(buses.map((bus) => bus.stop()));
      await admin.deleteTopics({
        topics: (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`)),
      });
      await admin.disconnect();
    },
  };
}

function pidOf(name: ServerName): number {
  return Number(readFileSync(serverFile(`${name}.pid`), 'utf8'));
}

for (const name of ['kafka', 'kafka-3.9.1'] as const) {
  await describeWith([name], `Kafka (${name})`, (addresses) => {
    busSuite(name, () => aKafkaBench(addresses[name], name));

    describe('what Kafka adds', () => {
      it('makes its topics with room for a whole delivery, and leaves those that exist alone', async () => {
        const bench = await aKafkaBench(addresses[name], name);
        try {
          await bench.reopen();

          const { topics } = await bench.admin.fetchTopicMetadata({
            topics: ['alerts', 'alerts.dead', 'run-events'].map((topic) => `${bench.prefix}.${topic}`),
          });
          const { resources } = await bench.admin.describeConfigs({
            includeSynonyms: false,
            resources: [{ type: 2, name: `${bench.prefix}.alerts`, configNames: ['max.message.bytes'] }],
          });

          const counts = topics.map(({ name: topic, partitions }) => [
            topic.slice(bench.prefix.length + 1),
            partitions.length,
          ]);
          expect(Object.fromEntries(counts)).toEqual({ alerts: 3, 'alerts.dead': 1, 'run-events': 3 });
          expect(resources[0]!.configEntries[0]!.configValue).toBe(String(6 * 1024 * 1024));
        } finally {
          await bench.close();
        }
      });

      it('puts a message that is no alert among the dead at once, as it was, and goes on', async () => {
        const bench = await aKafkaBench(addresses[name], name);
        const producer = bench.kafka.producer();
        const consumer = bench.kafka.consumer({ groupId: `${bench.prefix}.looker` });
        try {
          const got: string[] = [];
          await bench.bus.subscribe(async (batch) => void got.push(...batch.alerts.map((alert) => alert.alert_id)));
          const batch = aBatch(['a']);
          await producer.connect();
          await producer.send({
            topic: `${bench.prefix}.alerts`,
            messages: [
              { key: 'a', value: 'not json {' },
              { key: 'a', value: null },
              { key: 'a', value: '{"alert_id": 7}' },
            ],
          });
          await bench.bus.publish(batch);
          await until('the alert behind them', () => got.length > 0);
          await until('three dead letters', () => bench.dead().length >= 3);

          const dead: { value: string | null; reason: string | undefined }[] = [];
          await consumer.connect();
          await consumer.subscribe({ topic: `${bench.prefix}.alerts.dead`, fromBeginning: true });
          await consumer.run({
            eachMessage: async ({ message }) =>
              void dead.push({
                value: message.value?.toString() ?? null,
                reason: message.headers?.dead_reason?.toString(),
              }),
          });
          await until('the dead topic', () => dead.length >= 3);

          expect(got).toEqual(batch.alerts.map((alert) => alert.alert_id));
          expect(dead).toEqual([
            { value: 'not json {', reason: expect.stringContaining('no JSON') },
            { value: null, reason: expect.stringContaining('empty') },
            { value: '{"alert_id": 7}', reason: expect.stringContaining('alert_id') },
          ]);
        } finally {
          await consumer.disconnect();
          await producer.disconnect();
          await bench.close();
        }
      });

      it('puts a message among the dead that is too large to be told why, and goes on', async () => {
        const bench = await aKafkaBench(addresses[name], name);
        const producer = bench.kafka.producer();
        const consumer = bench.kafka.consumer({ groupId: `${bench.prefix}.looker` });
        try {
          const got: string[] = [];
          await bench.bus.subscribe(async (batch) => void got.push(...batch.alerts.map((alert) => alert.alert_id)));
          await producer.connect();
          // A record batch of one message is 68 bytes and some larger than its value: there is room for this, and for nothing more.
          const value = 'x'.repeat(6 * 1024 * 1024 - 100);
          await producer.send({ topic: `${bench.prefix}.alerts`, messages: [{ key: 'a', value }] });
          const batch = aBatch(['a']);
          await bench.bus.publish(batch);
          await until('the alert behind it', () => got.length > 0, 30_000);
          await until('the dead letter', () => bench.dead().length > 0);

          const dead: { value: Buffer | null; headers: Record<string, string | undefined> }[] = [];
          await consumer.connect();
          await consumer.subscribe({ topic: `${bench.prefix}.alerts.dead`, fromBeginning: true });
          await consumer.run({
            eachMessage: async ({ message: { value, headers } }) => {
              const texts = Object.entries(headers ?? {}).map(([key, text]) => [key, text?.toString()]);
              dead.push({ value, headers: Object.fromEntries(texts) as Record<string, string | undefined> });
            },
          });
          await until('the dead topic', () => dead.length > 0);

          expect(dead).toEqual([
            {
              value: null,
              headers: {
                dead_reason: expect.stringContaining('no JSON') as unknown,
                dead_topic: `${bench.prefix}.alerts`,
                dead_partition: expect.any(String) as unknown,
                dead_offset: '0',
                dead_cut: 'true',
              },
            },
          ]);
        } finally {
          await consumer.disconnect();
          await producer.disconnect();
          await bench.close();
        }
      });

      it('shares the partitions between two processes, and one takes over when the other ends', async () => {
        const bench = await aKafkaBench(addresses[name], name);
        try {
          const got = { first: 0, second: 0 };
          await bench.bus.subscribe(async (batch) => void (got.first += batch.alerts.length));
          const other = await bench.reopen();
          await other.subscribe(async (batch) => void (got.second += batch.alerts.length));
          const fingerprints = Array.from({ length: 30 }, (_, place) => `f${place}`);

          await until(
            'work for both',
            async () => {
              await bench.bus.publish(aBatch(fingerprints));
              return got.first > 0 && got.second > 0;
            },
            60_000,
          );
          await bench.bus.stop();
          const atStop = got.first;
          const before = got.second;
          await other.publish(aBatch(fingerprints));
          await until('all of it at the second', () => got.second >= before + 30, 60_000);

          expect(got.first).toBe(atStop);
        } finally {
          await bench.close();
        }
      });

      it('refuses to open with `unavailable` where nobody listens, naming the brokers', async () => {
        const opening = aKafkaBench(addresses[name], name, { brokers: ['127.0.0.1:1'] });

        await expect(opening).rejects.toMatchObject({
          code: 'unavailable',
          message: expect.stringContaining('127.0.0.1:1'),
        });
      });
    });
  });
}

await describeWith(['kafka-3.9.1'], 'Kafka that is restarted', (addresses) => {
  it('goes on publishing, delivering and answering when its broker is back, without a restart of ours', async () => {
    const name = 'kafka-3.9.1';
    const bench = await aKafkaBench(addresses[name], name);
    try {
      const got: string[] = [];
      await bench.bus.subscribe(async (batch) => void got.push(...batch.alerts.map((alert) => alert.alert_id)));
      const before = aBatch(['a', 'b']);
      await bench.bus.publish(before);
      await until('the alerts before', () => got.length >= 2);

      await servers(['down', name]);
      const down = await bench.bus.check(AbortSignal.timeout(10_000));
      const refusal = await bench.bus.publish(aBatch(['a'])).then(
        () => null,
        (error: unknown) => error,
      );
      await servers(['up', name]);
      const after = aBatch(['a', 'b']);
      await until('a publish', () => bench.bus.publish(after).then(() => true), 60_000);
      await until('the alerts after', () => after.alerts.every((alert) => got.includes(alert.alert_id)), 60_000);
      await until('no lag', async () => (await bench.bus.lag()) === 0, 60_000);

      expect(down).toMatchObject({ ok: false, message: expect.stringContaining('KAFKA_BROKERS') });
      expect(refusal).toMatchObject({ code: 'unavailable' });
      expect(await bench.bus.check(AbortSignal.timeout(10_000))).toMatchObject({ ok: true });
    } finally {
      await servers(['up', name]);
      await bench.close();
    }
  });
});
