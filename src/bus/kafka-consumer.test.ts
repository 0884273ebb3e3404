import type { Kafka, Producer } from 'kafkajs';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
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
