import type { KafkaMessage, Message } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../domain/alert/alert.js';
import { idOf } from '../domain/id.js';
import { anAlert } from '../../test/helper/an-alert.js';
import { deadMessage, groupMessages, inChunks, messagesOf, readMessage, toMessages } from './kafka-messages.js';
import { topicsOf } from './kafka-topics.js';

const BATCH_A = '01KAJ0000000000000000A';
const BATCH_B = '01KAJ0000000000000000B';

function received(message: Message, offset: number): KafkaMessage {
  const value = message.value === null ? null : Buffer.from(message.value);
  const headers = message.headers ?? {};
  return { key: null, value, headers, offset: String(offset), timestamp: '0', attributes: 0 };
}

function published(batch_id: string, ...places: number[]): Message[] {
  return toMessages({ batch_id, alerts: places.map((place) => anAlert({ alert_id: idOf(batch_id, place) })) });
}

function raw(value: string | null, offset = 0): KafkaMessage {
  return received({ value }, offset);
}

describe('messages', () => {
  it('carry one alert each, keyed by fingerprint, and come back as they were', () => {
    const alerts = [
      anAlert({ fingerprint: 'a', description: '延迟 ✓' }),
      anAlert({ fingerprint: 'b', metric_value: null }),
    ];

    const messages = toMessages({ batch_id: BATCH_A, alerts });

    expect(messages.map((message) => message.key)).toEqual(['a', 'b']);
    expect(messages.map((message, place) => readMessage(received(message, place)).alert)).toEqual(alerts);
  });

  it.each([
    ['no value', null, 'empty'],
    ['no JSON', '{"alert_id"', 'no JSON'],
    ['another shape', '{"alert_id":7}', 'alert_id: '],
    ['a list', '[]', 'no alert'],
  ])('with %s answer their fault', (_what, value, fault) => {
    expect(readMessage(raw(value))).toMatchObject({ alert: null, fault: expect.stringContaining(fault) });
  });

  it('without a header belong to the batch that their id names', () => {
    const alert = anAlert({ alert_id: idOf(BATCH_A, 3) });

    expect(readMessage(raw(JSON.stringify(alert)))).toMatchObject({ batch_id: BATCH_A });
  });
});

describe('groupMessages', () => {
  it('puts adjacent alerts of one intake together, and only those', () => {
    const messages = [...published(BATCH_A, 0, 2), ...published(BATCH_B, 0), ...published(BATCH_A, 5)];

    const groups = groupMessages(messages.map((message, place) => readMessage(received(message, place))));

    expect(groups.map((group) => group.last_offset)).toEqual(['1', '2', '3']);
    expect(groups).toMatchObject([
      { batch: { batch_id: BATCH_A, alerts: [{ alert_id: idOf(BATCH_A, 0) }, { alert_id: idOf(BATCH_A, 2) }] } },
      { batch: { batch_id: BATCH_B } },
      { batch: { batch_id: BATCH_A, alerts: [{ alert_id: idOf(BATCH_A, 5) }] } },
    ]);
  });

  it('lets what cannot be read stand alone, in its place', () => {
    const [first, second] = published(BATCH_A, 0, 1);
    const reads = [received(first!, 0), raw('x', 1), received(second!, 2), raw(null, 3)].map(readMessage);

    const groups = groupMessages(reads);

    expect(groups.map((group) => [group.type, group.last_offset])).toEqual([
      ['alerts', '0'],
      ['unreadable', '1'],
      ['alerts', '2'],
      ['unreadable', '3'],
    ]);
  });

  it('makes nothing of nothing', () => {
    expect(groupMessages([])).toEqual([]);
  });
});

describe('inChunks', () => {
  it('keeps a delivery whole while it fits, and its order when it does not', () => {
    const messages = ['aa', 'bb', 'ccc', 'd'].map((value) => ({ value }));

    expect(inChunks(messages, 100).map((chunk) => chunk.bytes)).toEqual([8]);
    expect(inChunks(messages, 5).map((chunk) => chunk.messages.map(({ value }) => value))).toEqual([
      ['aa', 'bb'],
      ['ccc', 'd'],
    ]);
  });

  it('sends a message over the limit alone', () => {
    expect(inChunks([{ value: 'a' }, { value: 'long' }, { value: 'b' }], 3).map((chunk) => chunk.bytes)).toEqual([
      1, 4, 1,
    ]);
  });

  it('counts bytes, not characters', () => {
    expect(inChunks([{ value: '延' }, { value: '迟' }], 5)).toHaveLength(2);
  });
});

describe('a dead message', () => {
  it('keeps its bytes and says why and where from', () => {
    const dead = deadMessage(raw('x', 42), `no: ${'y'.repeat(5_000)}`, { topic: 't.alerts', partition: 3 });

    expect(dead.value).toEqual(Buffer.from('x'));
    expect(dead.headers).toMatchObject({ dead_topic: 't.alerts', dead_partition: '3', dead_offset: '42' });
    expect(String(dead.headers?.dead_reason)).toHaveLength(1_000);
  });

  it('is found among its group by the alerts that were given up', () => {
    const messages = published(BATCH_A, 0, 1, 2).map((message, place) => received(message, place));
    const [group] = groupMessages(messages.map(readMessage));
    if (group?.type !== 'alerts') throw new Error('expected alerts');
    const second: Alert = group.batch.alerts[1]!;

    const found = messagesOf({ batch: { batch_id: BATCH_A, alerts: [second] }, reason: 'no', tries: 5 }, group);

    expect(found.map(({ offset }) => offset)).toEqual(['1']);
  });
});

describe('topicsOf', () => {
  it('names the topics after the prefix', () => {
    expect(topicsOf('fixpoint')).toEqual({
      alerts: 'fixpoint.alerts',
      dead: 'fixpoint.alerts.dead',
      run_events: 'fixpoint.run-events',
    });
  });

  it.each(['', 'a b', 'a/b', 'x'.repeat(201)])('refuses the prefix %j, naming the setting', (prefix) => {
    expect(() => topicsOf(prefix)).toThrow(/KAFKA_TOPIC_PREFIX/);
  });
});
