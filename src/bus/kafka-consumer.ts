import type { Consumer, EachBatchPayload, Kafka, KafkaMessage, Message, Producer } from 'kafkajs';
import type { Alert } from '../domain/alert/alert.js';
import type { BatchHandler, BusMeter } from '../domain/bus.js';
import { sleep } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { deliver, isOutage } from './deliver.js';
import type { DeadBatch } from './deliver.js';
import { isTooLarge, within } from './kafka-client.js';
import { deadMessage, groupMessages, messagesOf, readMessage, withoutBody } from './kafka-messages.js';
import type { MessageGroup } from './kafka-messages.js';
import type { Topics } from './kafka-topics.js';

/** What was given up, for the list that people see: the message as it came, and why. */
export interface DeadMessage {
  /** Null for a message that is no alert. */
  readonly alert: Alert | null;
  readonly reason: string;
  readonly body: Uint8Array;
}

/** What a consumer needs from the bus that it belongs to. */
export interface ConsumerParts {
  readonly kafka: Kafka;
  readonly producer: Producer;
  readonly topics: Topics;
  readonly groupId: string;
  readonly partitions: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: BusMeter;
  readonly max_tries: number;
  readonly onDead: (dead: DeadMessage) => Promise<void>;
}

// A dead process holds its partitions until its session ends: the shorter, the sooner another one takes over.
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 2_000;
const REBALANCE_MS = 30_000;
// How long the broker may keep an empty fetch: bounds both the idle traffic and how long a stop takes.
const FETCH_WAIT_MS = 1_000;
const COMMIT_EVERY_MS = 1_000;
const STOP_LIMIT_MS = 20_000;
const DEAD_LIMIT_MS = 5_000;
const DEAD_TRIES = 3;
const FIRST_DEAD_PAUSE_MS = 1_000;
const LONGEST_DEAD_PAUSE_MS = 5_000;
const FIRST_RESTART_PAUSE_MS = 1_000;
const LONGEST_RESTART_PAUSE_MS = 30_000;

/**
 * Reads the alerts' topic for one handler: `start` begins, `stop` waits for what is under way and may be called twice, or first.
 * A message's offset moves on only after its handler resolved, or after it was put among the dead.
 */
export class AlertConsumer {
  readonly #parts: ConsumerParts;
  readonly #handler: BatchHandler;
  readonly #stopping = new AbortController();
  #consumer: Consumer | null = null;
  #restarts = 0;
  #stopped: Promise<void> | null = null;

  constructor(parts: ConsumerParts, handler: BatchHandler) {
    this.#parts = parts;
    this.#handler = handler;
  }

  /** Begins to read; where the brokers cannot be reached just then, as soon as they can. */
  async start(): Promise<void> {
    try {
      await this.#begin();
    } catch (error) {
      // Not awaited: it tries for as long as they are away, and handles its own failures.
      void this.#beginAgain(error);
    }
  }

  async #begin(): Promise<void> {
    const { kafka, groupId, topics, partitions } = this.#parts;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
    });
    this.#consumer = consumer;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      // Where the client restarts by itself it says so; everything else is ours to mend. A restart handles its own failures.
      if (!payload.restart) void this.#restart(consumer, payload.error);
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.#restarts = 0;
    });
    await consumer.connect();
    await consumer.subscribe({ topic: topics.alerts, fromBeginning: true });
    await consumer.run({
      autoCommitInterval: COMMIT_EVERY_MS,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitions,
      eachBatch: (payload) => this.#takeBatch(payload),
    });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    const consumer = this.#consumer;
    if (!consumer) return;
    await within(this.#parts.clock, STOP_LIMIT_MS, 'leaving the consumer group', consumer.disconnect()).catch(
      (error: unknown) => {
        this.#parts.log.warn({ reason: messageOf(error) }, 'the kafka consumer did not stop in time');
      },
    );
  }

  async #restart(crashed: Consumer, error: Error): Promise<void> {
    const { clock, log } = this.#parts;
    if (this.#stopping.signal.aborted || crashed !== this.#consumer) return;
    const pause_ms = Math.min(FIRST_RESTART_PAUSE_MS * 2 ** Math.min(this.#restarts, 10), LONGEST_RESTART_PAUSE_MS);
    this.#restarts += 1;
    log.error({ reason: messageOf(error), pause_ms }, 'the kafka consumer broke and is started anew');
    await sleep(clock, pause_ms, this.#stopping.signal);
    if (this.#stopping.signal.aborted) return;
    try {
      await this.#begin();
      // A stop that came while we started has ended the crashed consumer, not this one.
      if (this.#stopping.signal.aborted) await this.#consumer?.disconnect();
    } catch (again) {
      await this.#beginAgain(again);
    }
  }

  /** After a beginning that failed half-way: what of it is connected is let go, and the next one comes. */
  async #beginAgain(reason: unknown): Promise<void> {
    const failed = this.#consumer;
    if (!failed) return;
    const error = reason instanceof Error ? reason : new Error(String(reason));
    await within(this.#parts.clock, STOP_LIMIT_MS, 'leaving the consumer group', failed.disconnect()).catch(
      () => undefined,
    );
    await this.#restart(failed, error);
  }

  /** Takes what was fetched of one partition to its end, as long as the partition is ours. */
  async #takeBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const lost = new AbortController();
    const beat = this.#keepAlive(() => payload.heartbeat(), lost);
    try {
      for (const group of groupMessages(batch.messages.map(readMessage))) {
        if (!payload.isRunning() || payload.isStale() || lost.signal.aborted) break;
        const from = { topic: batch.topic, partition: batch.partition };
        if ((await this.#takeGroup(group, from, lost.signal)) === 'stopped') break;
        payload.resolveOffset(group.last_offset);
        await payload.commitOffsetsIfNecessary();
      }
    } finally {
      await beat.stop();
    }
    // The client learns from this error that it has to join the group again.
    if (beat.failure() !== null) throw beat.failure();
  }

  async #takeGroup(
    group: MessageGroup,
    from: { topic: string; partition: number },
    lost: AbortSignal,
  ): Promise<'done' | 'stopped'> {
    const signal = AbortSignal.any([lost, this.#stopping.signal]);
    if (group.type === 'unreadable')
      return this.#bury({ alert: null, reason: group.reason, message: group.message }, from, signal);
    const { clock, log, meter, max_tries } = this.#parts;
    const dead = await deliver(group.batch, { handler: this.#handler, clock, log, meter, max_tries, signal });
    if (dead === 'stopped') return 'stopped';
    for (const one of dead) if ((await this.#buryBatch(one, group, from, signal)) === 'stopped') return 'stopped';
    return 'done';
  }

  async #buryBatch(
    dead: DeadBatch,
    group: MessageGroup & { type: 'alerts' },
    from: { topic: string; partition: number },
    signal: AbortSignal,
  ): Promise<'done' | 'stopped'> {
    const reason = `not decided in ${dead.tries} tries: ${dead.reason}`;
    for (const message of messagesOf(dead, group)) {
      const alert = group.batch.alerts[group.messages.indexOf(message)] ?? null;
      if ((await this.#bury({ alert, reason, message }, from, signal)) === 'stopped') return 'stopped';
    }
    return 'done';
  }

  /** Puts a message among the dead, in the topic first: only what is safe there may be skipped here. */
  async #bury(
    { alert, reason, message }: Omit<DeadMessage, 'body'> & { readonly message: KafkaMessage },
    from: { topic: string; partition: number },
    signal: AbortSignal,
  ): Promise<'done' | 'stopped'> {
    const { log } = this.#parts;
    const letter = deadMessage(message, reason, from);
    try {
      await this.#sendDead(letter);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      // With its reason it is over the topic's limit, and would be for ever; people's list and the topic that it came from have all of it.
      await this.#sendDead(withoutBody(letter));
    }
    log.error(
      { alert_id: alert?.alert_id ?? null, reason, ...from, offset: message.offset },
      'an alert was given up and put among the dead letters',
    );
    return this.#tell({ alert, reason, body: message.value ?? new Uint8Array() }, signal);
  }

  async #sendDead(letter: Message): Promise<void> {
    const { producer, topics, clock } = this.#parts;
    const sent = producer.send({ topic: topics.dead, acks: -1, messages: [letter] });
    await within(clock, DEAD_LIMIT_MS, `writing to ${topics.dead}`, sent);
  }

  /**
   * Puts it on the list that people see. While the store is away this waits, as alerts do: those behind it could not be decided either.
   * `stopped` means that it may not be there yet, and has to come again.
   */
  async #tell(dead: DeadMessage, signal: AbortSignal): Promise<'done' | 'stopped'> {
    const { clock, log, onDead } = this.#parts;
    let failures = 0;
    for (let round = 1; ; round += 1) {
      try {
        await onDead(dead);
        return 'done';
      } catch (error) {
        if (!isOutage(error)) failures += 1;
        const fields = { alert_id: dead.alert?.alert_id ?? null, reason: messageOf(error) };
        if (failures === DEAD_TRIES) {
          log.error(fields, 'a dead letter is in kafka only: its list cannot be written');
          return 'done';
        }
        log.warn(fields, 'a dead letter could not be put on its list yet, trying again');
        await sleep(clock, Math.min(FIRST_DEAD_PAUSE_MS * round, LONGEST_DEAD_PAUSE_MS), signal);
        if (signal.aborted) return 'stopped';
      }
    }
  }

  /** Tells the group that we live while a handler works; a failure means that the partition may be somebody else's by now. */
  #keepAlive(
    heartbeat: () => Promise<void>,
    lost: AbortController,
  ): { stop: () => Promise<void>; failure: () => unknown } {
    const { clock } = this.#parts;
    const ended = new AbortController();
    let failure: unknown = null;
    const beating = (async () => {
      for (;;) {
        await sleep(clock, HEARTBEAT_MS, ended.signal);
        if (ended.signal.aborted) return;
        try {
          await heartbeat();
        } catch (error) {
          failure = error;
          lost.abort();
          return;
        }
      }
    })();
    const stop = async (): Promise<void> => {
      ended.abort();
      await beating;
    };
    return { stop, failure: () => failure };
  }
}
