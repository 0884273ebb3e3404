import type { ConsumerRunConfig, EachBatchPayload, Kafka, Producer } from 'kafkajs';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { FixpointError } from '../domain/errors.js';
import { SILENT_LOG } from '../domain/log.js';
import { AlertConsumer } from './kafka-consumer.js';
import { topicsOf } from './kafka-topics.js';

/** A client whose consumers fail in this step as often as they are told to, and that counts those which read. */
function aClient(fails: { readonly step: 'connect' | 'subscribe' | 'run'; times: number }) {
  const seen = { made: 0, connected: 0, reading: 0 };
  const step = (name: typeof fails.step, done: () => void) => async (): Promise<void> => {
    await Promise.resolve();
    if (fails.step === name && fails.times > 0) {
      fails.times -= 1;
      throw new Error('Closed connection');
    }
    done();
  };
  const consumer = () => {
    seen.made += 1;
    return {
      events: { CRASH: 'crash', GROUP_JOIN: 'join' },
      on: () => undefined,
      connect: step('connect', () => void (seen.connected += 1)),
      subscribe: step('subscribe', () => undefined),
      run: step('run', () => void (seen.reading += 1)),
      disconnect: async () => void (seen.connected -= seen.connected > 0 ? 1 : 0),
    };
  };
  // What the consumer asks of the library.
  return { seen, kafka: { consumer } as unknown as Kafka };
}

describe('the consumer of alerts', () => {
  const clock = new FakeClock();
  let consumer: AlertConsumer | null = null;
  afterEach(async () => {
    const stopping = consumer?.stop();
    await clock.advance(30_000);
    await stopping;
  });

  function aConsumer(kafka: Kafka): AlertConsumer {
    consumer = new AlertConsumer(
      {
        kafka,
        producer: {} as Producer, // nothing dies here
        topics: topicsOf('suite'),
        groupId: 'suite.triage',
        partitions: 1,
        clock,
        log: SILENT_LOG,
        meter: { handled: () => undefined },
        max_tries: 1,
        onDead: () => Promise.resolve(),
      },
      () => Promise.resolve(),
    );
    return consumer;
  }

  it.each(['connect', 'subscribe', 'run'] as const)(
    'reads as soon as the brokers are back when its first %s failed',
    async (step) => {
      const { seen, kafka } = aClient({ step, times: 3 });
      await aConsumer(kafka).start();
      expect(seen.reading).toBe(0);

      await clock.advance(60_000);

      expect(seen).toEqual({ made: 4, connected: 1, reading: 1 });
    },
  );

  it('does not begin any more once it is stopped', async () => {
    const { seen, kafka } = aClient({ step: 'connect', times: 1_000 });
    const begun = aConsumer(kafka);
    await begun.start();
    await begun.stop();
    const { made } = seen;

    await clock.advance(600_000);

    expect(seen.made).toBe(made);
  });
});

describe('a message that is no alert', () => {
  const clock = new FakeClock();
  const away = new FixpointError('unavailable', 'the database does not answer');

  /** A consumer to which one such message is handed, and what became of it; `listed` says what the list answers to each try. */
  async function aPoisonedConsumer(listed: () => Promise<void>) {
    let handOver: ConsumerRunConfig['eachBatch'];
    const kept = { topic: 0, offsets: [] as string[] };
    const library = {
      events: { CRASH: 'crash', GROUP_JOIN: 'join' },
      on: () => undefined,
      connect: () => Promise.resolve(),
      subscribe: () => Promise.resolve(),
      run: (config: ConsumerRunConfig) => Promise.resolve(void (handOver = config.eachBatch)),
      disconnect: () => Promise.resolve(),
    };
    const consumer = new AlertConsumer(
      {
        kafka: { consumer: () => library } as unknown as Kafka, // what the consumer asks of the library
        producer: { send: () => Promise.resolve(void (kept.topic += 1)) } as unknown as Producer,
        topics: topicsOf('suite'),
        groupId: 'suite.triage',
        partitions: 1,
        clock,
        log: SILENT_LOG,
        meter: { handled: () => undefined },
        max_tries: 1,
        onDead: listed,
      },
      () => Promise.resolve(),
    );
    await consumer.start();
    const payload = {
      batch: { topic: 'suite.alerts', partition: 0, messages: [{ offset: '7', key: null, value: Buffer.from('{') }] },
      isRunning: () => true,
      isStale: () => false,
      heartbeat: () => Promise.resolve(),
      resolveOffset: (offset: string) => void kept.offsets.push(offset),
      commitOffsetsIfNecessary: () => Promise.resolve(),
    };
    return { consumer, kept, taken: handOver?.(payload as unknown as EachBatchPayload) };
  }

  it('stands in the list that people see, however long the store was away', async () => {
    let tries = 0;
    const listed = () => (++tries < 20 ? Promise.reject(away) : Promise.resolve());
    const { kept, taken } = await aPoisonedConsumer(listed);
    await clock.advance(30_000);
    expect(kept).toEqual({ topic: 1, offsets: [] });

    await clock.advance(300_000);
    await taken;

    expect(tries).toBe(20);
    expect(kept).toEqual({ topic: 1, offsets: ['7'] });
  });

  it('comes again when the process ends before the store is back', async () => {
    const { consumer, kept, taken } = await aPoisonedConsumer(() => Promise.reject(away));
    await clock.advance(30_000);

    await consumer.stop();
    await clock.advance(30_000);
    await taken;

    expect(kept.offsets).toEqual([]);
  });

  it('is passed over when the list refuses it though the store works', async () => {
    const { kept, taken } = await aPoisonedConsumer(() => Promise.reject(new Error('no such column')));

    await clock.advance(30_000);
    await taken;

    expect(kept).toEqual({ topic: 1, offsets: ['7'] });
  });
});
