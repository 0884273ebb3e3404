import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';

/** A database and topics that nobody else uses. */
export interface FreshWorld {
  /** What the service is started with: `DATABASE_URL`, `KAFKA_BROKERS`, `KAFKA_TOPIC_PREFIX`. */
  readonly env: Readonly<Record<'DATABASE_URL' | 'KAFKA_BROKERS' | 'KAFKA_TOPIC_PREFIX', string>>;
  /** Drops the database and the topics; whatever is still connected is thrown out. */
  remove(): Promise<void>;
}

/** Makes an empty database on a real Postgres and chooses a prefix for topics on a real Kafka. */
export async function aFreshWorld(addresses: {
  readonly postgres: string;
  readonly kafka: string;
}): Promise<FreshWorld> {
  const name = `fixpoint_${randomBytes(6).toString('hex')}`;
  const base = addresses.postgres.replace(/\/[^/]*$/, '');
  await administer(`${base}/postgres`, `create database ${name}`);
  return {
    env: { DATABASE_URL: `${base}/${name}`, KAFKA_BROKERS: addresses.kafka, KAFKA_TOPIC_PREFIX: name },
    remove: async () => {
      await administer(`${base}/postgres`, `drop database if exists ${name} with (force)`);
      await removeTopics(addresses.kafka, `${name}.`);
    },
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function removeTopics(broker: string, prefix: string): Promise<void> {
  const admin = new Kafka({ clientId: 'fixpoint-tests', brokers: [broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect();
  }
}
