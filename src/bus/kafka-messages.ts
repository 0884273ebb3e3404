import type { KafkaMessage, Message } from 'kafkajs';
import { Alert } from '../domain/alert/alert.js';
import type { AlertBatch } from '../domain/bus.js';
import { messageOf } from '../domain/errors.js';
import { splitId } from '../domain/id.js';
import type { FedEvent } from '../domain/run/run-feed.js';
import type { DeadBatch } from './deliver.js';

/** A message as it was read: an alert, or the fault for which it is none. */
export type ReadMessage =
  | { readonly offset: string; readonly message: KafkaMessage; readonly batch_id: string; readonly alert: Alert }
  | {
      readonly offset: string;
      readonly message: KafkaMessage;
      readonly batch_id: null;
      readonly alert: null;
      readonly fault: string;
    };

/** Messages of one partition that are handled together: the alerts of one intake, or one message that holds no alert. */
export type MessageGroup =
  | {
      readonly type: 'alerts';
      readonly last_offset: string;
      readonly batch: AlertBatch;
      readonly messages: readonly KafkaMessage[];
    }
  | {
      readonly type: 'unreadable';
      readonly last_offset: string;
      readonly message: KafkaMessage;
      readonly reason: string;
    };

const BATCH_HEADER = 'batch_id';

/** One message for each alert, in the batch's order. The key keeps one fingerprint's story in one partition, and so in order. */
export function toMessages(batch: AlertBatch): Message[] {
  return batch.alerts.map((alert) => ({
    key: alert.fingerprint,
    value: JSON.stringify(alert),
    headers: { [BATCH_HEADER]: batch.batch_id },
  }));
}

/** One message for each event as the API answers it. The key keeps one run's story in one partition, and so in order. */
export function toRunEventMessages(events: readonly FedEvent[], limit_bytes: number): Message[] {
  return events.map((event) => {
    const value = JSON.stringify(event);
    return { key: event.run_id, value: Buffer.byteLength(value) <= limit_bytes ? value : JSON.stringify(cut(event)) };
  });
}

/** What is left of an event that no topic would take: where it belongs, and that the API has the whole of it. */
function cut({ run_id, seq, type, at, playbook_id, service_name }: FedEvent): Record<string, unknown> {
  return { run_id, seq, type, at, playbook_id, service_name, cut: true };
}

/**
 * Cuts messages into sends of at most `limit_bytes` of text each, keeping their order. A send becomes one record batch for each
 * partition, and the broker refuses record batches over the topic's limit.
 */
export function inChunks(messages: readonly Message[], limit_bytes: number): { messages: Message[]; bytes: number }[] {
  const chunks: { messages: Message[]; bytes: number }[] = [];
  for (const message of messages) {
    const bytes = message.value === null ? 0 : Buffer.byteLength(message.value);
    const last = chunks.at(-1);
    if (last && last.bytes + bytes <= limit_bytes) {
      last.messages.push(message);
      last.bytes += bytes;
    } else chunks.push({ messages: [message], bytes });
  }
  return chunks;
}

/** The memory that messages take while they wait to be acknowledged, about. */
export function bytesOf(messages: readonly Message[]): number {
  // What goes with each, beside its text.
  const each = 1_024;
  return messages.reduce((sum, { value }) => sum + each + (value?.length ?? 0), 0);
}

/** Reads a message. It never throws: what is no alert answers its fault. */
export function readMessage(message: KafkaMessage): ReadMessage {
  const { offset } = message;
  const read = parse(message.value);
  if ('fault' in read) return { offset, message, batch_id: null, alert: null, fault: read.fault };
  const batch_id = message.headers?.[BATCH_HEADER]?.toString() ?? splitId(read.alert.alert_id)?.prefix;
  return { offset, message, batch_id: batch_id ?? read.alert.alert_id, alert: read.alert };
}

function parse(value: Buffer | null): { readonly alert: Alert } | { readonly fault: string } {
  if (value === null) return { fault: 'the message is empty' };
  let json: unknown;
  try {
    json = JSON.parse(value.toString('utf8'));
  } catch (error) {
    return { fault: `the message is no JSON: ${messageOf(error)}` };
  }
  const parsed = Alert.safeParse(json);
  if (parsed.success) return { alert: parsed.data };
  const issues = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return { fault: `the message is no alert: ${issues.join('; ')}` };
}

/** Puts adjacent messages of one intake back together; what cannot be read stands alone. */
export function groupMessages(messages: readonly ReadMessage[]): MessageGroup[] {
  const groups: MessageGroup[] = [];
  let open: ReadMessage[] = [];
  for (const read of messages) {
    if (open.length > 0 && open[0]?.batch_id !== read.batch_id) {
      groups.push(...asGroup(open));
      open = [];
    }
    if (read.alert !== null) open.push(read);
    else groups.push({ type: 'unreadable', last_offset: read.offset, message: read.message, reason: read.fault });
  }
  return [...groups, ...asGroup(open)];
}

/** The header tells intakes apart; what a handler gets is the prefix of the alerts' own ids. */
function asGroup(reads: readonly ReadMessage[]): MessageGroup[] {
  const alerts = reads.flatMap(({ alert }) => (alert === null ? [] : [alert]));
  const [first, last] = [alerts[0], reads.at(-1)];
  if (!first || !last) return [];
  const batch_id = splitId(first.alert_id)?.prefix ?? last.batch_id ?? first.alert_id;
  return [
    {
      type: 'alerts',
      last_offset: last.offset,
      batch: { batch_id, alerts },
      messages: reads.map(({ message }) => message),
    },
  ];
}

const LONGEST_REASON = 1_000;

/** The message for the dead topic: the bytes as they were, and in the headers why and where from. */
export function deadMessage(
  message: KafkaMessage,
  reason: string,
  from: { topic: string; partition: number },
): Message {
  return {
    key: message.key,
    value: message.value,
    headers: {
      ...message.headers,
      dead_reason: reason.slice(0, LONGEST_REASON),
      dead_topic: from.topic,
      dead_partition: String(from.partition),
      dead_offset: message.offset,
    },
  };
}

/** A dead message that no topic would take whole: where it came from, and that it was cut. */
export function withoutBody(letter: Message): Message {
  const { dead_reason, dead_topic, dead_partition, dead_offset } = letter.headers ?? {};
  return {
    key: null,
    value: null,
    headers: { dead_reason, dead_topic, dead_partition, dead_offset, dead_cut: 'true' },
  };
}

/** The messages of a group that stand for the alerts of a dead batch. */
export function messagesOf(dead: DeadBatch, group: MessageGroup & { type: 'alerts' }): KafkaMessage[] {
  const ids = new Set(dead.batch.alerts.map((alert) => alert.alert_id));
  return group.messages.filter((_message, place) => ids.has(group.batch.alerts[place]?.alert_id ?? ''));
}
