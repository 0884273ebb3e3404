import type { Admin, Kafka, Message, Producer } from 'kafkajs';
import type { AlertBatch, BatchHandler, Bus, BusMeter, RunEventBus } from '../domain/bus.js';
import type { Clock } from '../domain/clock.js';
import type { ConnectionCheck } from '../domain/connection.js';
import { counted } from '../domain/counted.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { FedEvent } from '../domain/run/run-feed.js';
import { createKafkaClient, within } from './kafka-client.js';
import type { KafkaAddress } from './kafka-client.js';
import { AlertConsumer } from './kafka-consumer.js';
import type { DeadMessage } from './kafka-consumer.js';
import { bytesOf, inChunks, toMessages, toRunEventMessages } from './kafka-messages.js';
import { MAX_MESSAGE_BYTES, countWaiting, createMissingTopics, topicsOf } from './kafka-topics.js';
import type { Topics } from './kafka-topics.js';

export interface KafkaBusOptions extends KafkaAddress {
  readonly topicPrefix: string;
  /** For topics that have to be made: how many partitions, and on how many brokers each is kept. */
  readonly partitions: number;
  readonly replication: number;
  /** How often alerts may fail to be decided before they are put among the dead; 5 unless set. */
  readonly maxTries?: number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: BusMeter;
  /** Hears of every message that was given up, after it was written to the dead topic. */
  readonly onDead: (dead: DeadMessage) => Promise<void>;
}

const OPEN_LIMIT_MS = 10_000;
const PUBLISH_LIMIT_MS = 5_000;
// Nobody waits for these: the client comes to the end of its own tries before they are sent anew, so that no old ones come after new ones.
const RUN_EVENTS_LIMIT_MS = 25_000;
const ASK_LIMIT_MS = 5_000;
const CLOSE_LIMIT_MS = 5_000;
const DEFAULT_TRIES = 5;
const MAX_UNACKNOWLEDGED_BYTES = 32 * 1024 * 1024;
// Below the topic's limit by what keys, headers and a change of encoding may add.
const CHUNK_BYTES = MAX_MESSAGE_BYTES - 1024 * 1024;
// Small batches are not worth the time; a big one is mostly the same labels again and again.
const COMPRESS_FROM_BYTES = 256 * 1024;

/** Connects to the brokers and makes the topics that are missing; rejects with `unavailable` and the reason when that is impossible. */
export async function openKafkaBus(options: KafkaBusOptions): Promise<Bus & RunEventBus> {
  const topics = topicsOf(options.topicPrefix);
  const { lib, kafka, cut } = await createKafkaClient(options, options.log);
  const admin = kafka.admin();
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: lib.Partitioners.DefaultPartitioner,
    // Whoever waits for a publish wants an answer soon; the sender tries again with more patience than we have.
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 4 },
  });
  const open = async (): Promise<void> => {
    await admin.connect();
    await createMissingTopics(admin, topics, options, options.clock);
    await producer.connect();
  };
  try {
    await within(options.clock, OPEN_LIMIT_MS, `Kafka at ${options.brokers.join(', ')}`, open());
  } catch (error) {
    await Promise.allSettled([admin.disconnect(), producer.disconnect()]);
    cut();
    throw error;
  }
  return new KafkaBus(options, { kafka, admin, producer, cut, topics, gzip: lib.CompressionTypes.GZIP });
}

interface Connections {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly cut: () => void;
  readonly topics: Topics;
  readonly gzip: number;
}

class KafkaBus implements Bus, RunEventBus {
  readonly #options: KafkaBusOptions;
  readonly #connections: Connections;
  /** The consumer group that all processes of one installation share. */
  readonly #groupId: string;
  readonly #publishing = new Set<Promise<void>>();
  /** Bytes that the client has and the brokers have not acknowledged, given up by whoever published them or not. */
  #unacknowledged = 0;
  #consumer: AlertConsumer | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: KafkaBusOptions, connections: Connections) {
    this.#options = options;
    this.#connections = connections;
    this.#groupId = `${options.topicPrefix}.triage`;
  }

  async publish(batch: AlertBatch): Promise<void> {
    await this.#publish(this.#connections.topics.alerts, toMessages(batch), PUBLISH_LIMIT_MS);
  }

  async publishRunEvents(events: readonly FedEvent[]): Promise<void> {
    const messages = toRunEventMessages(events, CHUNK_BYTES);
    await this.#publish(this.#connections.topics.run_events, messages, RUN_EVENTS_LIMIT_MS);
  }

  async subscribe(handler: BatchHandler): Promise<void> {
    if (this.#stopped) throw new FixpointError('unavailable', 'the bus is stopping');
    if (this.#consumer) throw new Error('the bus has a handler already');
    const { kafka, producer, topics } = this.#connections;
    const { partitions, clock, log, meter, maxTries = DEFAULT_TRIES, onDead } = this.#options;
    const groupId = this.#groupId;
    const parts = { kafka, producer, topics, groupId, partitions, clock, log, meter, max_tries: maxTries, onDead };
    const consumer = new AlertConsumer(parts, handler);
    this.#consumer = consumer;
    await consumer.start();
  }

  async lag(): Promise<number> {
    const { admin, topics } = this.#connections;
    const counting = countWaiting(admin, topics.alerts, this.#groupId);
    return within(this.#options.clock, ASK_LIMIT_MS, `the lag of ${topics.alerts}`, counting);
  }

  async check(signal: AbortSignal): Promise<ConnectionCheck> {
    const answer = { name: 'kafka', target: this.#where(), required: true };
    try {
      signal.throwIfAborted();
      const asking = this.#describe();
      const message = await within(this.#options.clock, ASK_LIMIT_MS, `Kafka at ${this.#where()}`, asking);
      return { ...answer, ok: true, message };
    } catch (error) {
      return {
        ...answer,
        ok: false,
        message: `${messageOf(error)}; check KAFKA_BROKERS, and that the brokers advertise an address that is reached from here`,
      };
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { admin, producer, cut } = this.#connections;
    await this.#consumer?.stop();
    await Promise.allSettled(this.#publishing);
    const closing = Promise.allSettled([producer.disconnect(), admin.disconnect()]);
    await within(this.#options.clock, CLOSE_LIMIT_MS, 'closing the connections to Kafka', closing).catch(
      (error: unknown) => {
        this.#options.log.warn({ reason: messageOf(error) }, 'the connections to kafka did not close in time');
      },
    );
    cut();
  }

  async #publish(topic: string, messages: readonly Message[], limit_ms: number): Promise<void> {
    if (this.#stopped) throw new FixpointError('unavailable', 'the bus is stopping');
    if (messages.length === 0) return;
    const sending = this.#hold(messages, () => this.#send(topic, messages));
    const tracked = sending.then(
      () => undefined,
      () => undefined,
    );
    this.#publishing.add(tracked);
    try {
      await within(this.#options.clock, limit_ms, `Kafka at ${this.#where()}`, sending);
    } finally {
      this.#publishing.delete(tracked);
    }
  }

  /** While brokers hang the client keeps what it was given, long after nobody waits for it: there is only so much room for that. */
  async #hold(messages: readonly Message[], send: () => Promise<void>): Promise<void> {
    const bytes = bytesOf(messages);
    if (this.#unacknowledged > 0 && this.#unacknowledged + bytes > MAX_UNACKNOWLEDGED_BYTES)
      throw new FixpointError(
        'unavailable',
        `Kafka at ${this.#where()} has ${this.#unacknowledged} bytes to acknowledge; there is no room for more`,
      );
    this.#unacknowledged += bytes;
    try {
      await send();
    } finally {
      this.#unacknowledged -= bytes;
    }
  }

  async #send(topic: string, all: readonly Message[]): Promise<void> {
    const { producer, gzip } = this.#connections;
    // Nearly always one send. More than one means that a part may be stored when a later part fails: the sender repeats it all, and
    // what was stored is recognized as a repeat: an alert's by its occurrence, a run's event by its `seq`.
    for (const { messages, bytes } of inChunks(all, CHUNK_BYTES)) {
      const compression = bytes >= COMPRESS_FROM_BYTES ? { compression: gzip } : {};
      try {
        await producer.send({ topic, acks: -1, timeout: PUBLISH_LIMIT_MS, messages, ...compression });
      } catch (error) {
        throw isTooLarge(error) ? tooLarge(bytes, error) : error;
      }
    }
  }

  async #describe(): Promise<string> {
    const { admin, topics } = this.#connections;
    const [cluster, metadata] = await Promise.all([
      admin.describeCluster(),
      admin.fetchTopicMetadata({ topics: [topics.alerts] }),
    ]);
    const partitions = metadata.topics[0]?.partitions ?? [];
    const leaderless = partitions.filter(({ leader }) => leader < 0).length;
    if (leaderless > 0)
      throw new Error(`${leaderless} of ${partitions.length} partitions of ${topics.alerts} have no leader`);
    return `${counted(cluster.brokers.length, 'broker')}, ${topics.alerts} has ${partitions.length} partitions`;
  }

  #where(): string {
    return this.#options.brokers.join(', ');
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'MESSAGE_TOO_LARGE';
}

function tooLarge(bytes: number, cause: unknown): FixpointError {
  return new FixpointError('too_large', `an alert of ${bytes} bytes is over the topic's max.message.bytes`, { cause });
}
