import { givenUp } from '../bus/given-up.js';
import { MemoryBus } from '../bus/memory.js';
import type { Settings } from '../config.js';
import { kafkaOptions } from './dial.js';
import type { Bus, RunEventBus } from '../domain/bus.js';
import { instant } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { Store } from '../domain/store.js';

const MAX_TRIES = 5;

type BusParts = Pick<ConstructorParameters<typeof MemoryBus>[0], 'clock' | 'log' | 'meter'>;

/** Kafka where brokers are named; held alerts come back through the database's queue either way. */
export async function openBus(
  settings: Settings,
  store: Store,
  parts: BusParts,
): Promise<{ bus: Bus; queue: Bus; runEvents: RunEventBus | null }> {
  const keepDead = async (source: string, reason: string, body: Uint8Array): Promise<void> =>
    void (await store.deadLetters.add({ source, received_at: instant(parts.clock.now()), reason, details: [], body }));
  const queue = new MemoryBus({
    ...parts,
    queue: store.triage,
    maxTries: MAX_TRIES,
    onDead: ({ alert, reason }) => keepDead('bus', reason, Buffer.from(JSON.stringify(alert))),
  });
  const { brokers } = settings.kafka;
  if (brokers === undefined) return { bus: queue, queue, runEvents: null };
  const { openKafkaBus } = await import('../bus/kafka.js');
  const kafka = await openKafkaBus({
    ...parts,
    ...kafkaOptions(settings.kafka),
    brokers,
    clientId: 'fixpoint',
    maxTries: MAX_TRIES,
    onDead: async ({ alert, reason, body }) => {
      await keepDead('kafka', reason, body);
      if (alert === null) return;
      // What made it undecidable may keep it out of the table as well; its letter is there.
      await store.triage.giveUp(alert, givenUp(reason, instant(parts.clock.now()))).catch((error: unknown) => {
        parts.log.warn(
          { alert_id: alert.alert_id, error: messageOf(error) },
          'an alert stands among the dead letters only',
        );
      });
    },
  });
  return { bus: kafka, queue, runEvents: kafka };
}

/** Rejects with `unavailable` and the reason when the bus does not answer within three seconds. */
export async function dialed(bus: Bus): Promise<void> {
  const answer = await bus.check(AbortSignal.timeout(3_000));
  if (!answer.ok) throw new FixpointError('unavailable', answer.message);
}
