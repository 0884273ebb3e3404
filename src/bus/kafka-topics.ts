import type { Admin, ITopicConfig } from 'kafkajs';
import { sleep } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';

/** The topics of one installation. */
export interface Topics {
  readonly alerts: string;
  readonly dead: string;
  readonly run_events: string;
}

/** What is needed to make topics that are missing. */
export interface TopicShape {
  readonly partitions: number;
  readonly replication: number;
}

/** A webhook body of 5 MiB has to fit, with what normalizing adds; Kafka's own default is 1 MiB. */
export const MAX_MESSAGE_BYTES = 6 * 1024 * 1024;
const DAY_MS = 24 * 3600 * 1000;
/** How often, and how many times, new topics are looked at until all their partitions can be written to. */
const LEADER_LOOK_MS = 100;
const LEADER_LOOKS = 80;

/** The names that a prefix leads to; a prefix that makes no legal name is refused. */
export function topicsOf(prefix: string): Topics {
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(prefix))
    throw new FixpointError(
      'invalid',
      `KAFKA_TOPIC_PREFIX: expected letters, digits, '.', '_' and '-', at most 200; got '${prefix}'`,
    );
  return { alerts: `${prefix}.alerts`, dead: `${prefix}.alerts.dead`, run_events: `${prefix}.run-events` };
}

/** Makes the topics that are missing; those that exist stay as they are, so a login without the right to create is enough for them. */
export async function createMissingTopics(
  admin: Admin,
  topics: Topics,
  shape: TopicShape,
  clock: Clock,
): Promise<void> {
  const there = new Set(await admin.listTopics());
  const missing = topicConfigs(topics, shape).filter(({ topic }) => !there.has(topic));
  if (missing.length === 0) return;
  try {
    await admin.createTopics({ topics: missing, waitForLeaders: false });
    await waitForLeaders(
      admin,
      missing.map(({ topic }) => topic),
      clock,
    );
  } catch (error) {
    const names = missing.map(({ topic }) => topic).join(', ');
    throw new FixpointError(
      'unavailable',
      `the topics ${names} are missing and cannot be created: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

/** A broker that is asked right after may not have heard of a topic yet, which kafkajs' own waiting takes for a refusal. */
async function waitForLeaders(admin: Admin, names: string[], clock: Clock): Promise<void> {
  for (let look = 1; ; look += 1) {
    try {
      // Only a leader that has taken its partition over knows its offsets; one that has not would have a publish tried again, and doubled.
      for (const name of names) await admin.fetchTopicOffsets(name);
      return;
    } catch (error) {
      if (look >= LEADER_LOOKS) throw error;
    }
    await sleep(clock, LEADER_LOOK_MS);
  }
}

function topicConfigs(topics: Topics, { partitions, replication }: TopicShape): ITopicConfig[] {
  const topic = (name: string, numPartitions: number, retention_ms: number): ITopicConfig => ({
    topic: name,
    numPartitions,
    replicationFactor: replication,
    configEntries: [
      { name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) },
      { name: 'cleanup.policy', value: 'delete' },
      { name: 'retention.ms', value: String(retention_ms) },
      // With acks=all this is what "durable" means: one replica fewer may fail without losing what was acknowledged.
      { name: 'min.insync.replicas', value: String(Math.max(1, replication - 1)) },
    ],
  });
  return [
    topic(topics.alerts, partitions, 7 * DAY_MS),
    topic(topics.dead, 1, 30 * DAY_MS),
    topic(topics.run_events, partitions, 7 * DAY_MS),
  ];
}

/** kafkajs hides the reason of a refused topic in a list of errors. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && 'errors' in error && Array.isArray(error.errors)) {
    const reasons = error.errors.map((one: unknown) => messageOf(one));
    if (reasons.length > 0) return reasons.join('; ');
  }
  return messageOf(error);
}

/** How many messages of a topic the group has not finished yet. */
export async function countWaiting(admin: Admin, topic: string, groupId: string): Promise<number> {
  const [ends, [done]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId, topics: [topic] }),
  ]);
  const finished = new Map(done?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  let waiting = 0;
  for (const { partition, high, low } of ends) {
    // -1: the group has finished nothing yet, and will begin with the oldest message.
    const from = Math.max(finished.get(partition) ?? -1, Number(low));
    waiting += Math.max(0, Number(high) - from);
  }
  return waiting;
}
