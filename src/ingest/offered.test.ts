import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { anAlert } from '../../test/helper/an-alert.js';
import { createIds } from '../domain/id.js';
import type { Source } from '../domain/source.js';
import { createIngest } from './ingest.js';
import type { Delivered } from './payload-keeper.js';

const source: Source = {
  parse: (payload) =>
    Array.isArray(payload)
      ? {
          alerts: payload.filter((name) => name !== 'bad').map((name) => anAlert({ alert_name: String(name) })),
          rejected: payload.filter((name) => name === 'bad').map((item) => ({ item, details: [] })),
          remarks: [],
          ...(payload.length === 0 ? { aside: true as const } : {}),
        }
      : { unusable: [] },
};

describe('what intake hands to the keeper of payloads', () => {
  const clock = new FakeClock('2026-11-21T12:00:00.000Z');
  let offered: Delivered[];
  let publish: () => Promise<void>;
  const ingest = createIngest({
    sources: new Map([['list', source]]),
    recognizers: [{ name: 'list', recognizes: Array.isArray }],
    bus: { publish: () => publish() },
    deadLetters: { add: async () => 'id' },
    ids: createIds(
      () => clock.now(),
      (length) => new Uint8Array(length),
    ),
    clock,
    meter: { accepted: () => undefined, rejected: () => undefined, remark: () => undefined },
    payloads: { offer: (delivered) => void offered.push(delivered) },
  });
  const accept = (text: string) => ingest.accept('list', Buffer.from(text), 'ann');

  beforeEach(() => {
    offered = [];
    publish = async () => undefined;
  });

  it('is the very buffer, with what the ids of its alerts begin with', async () => {
    const body = Buffer.from('["a", "bad", "b"]');
    const { alerts } = await ingest.acceptAny(body, 'ann');

    const [{ understood: _understood, ...delivered }] = offered as [Delivered];
    const batch_id = alerts[0]!.alert_id.slice(0, 22);
    const said = { source: 'list', received_from: 'ann', now: clock.now(), alerts: 2, rejected: 1 };
    expect(delivered).toEqual({ batch_id, body, ...said });
    expect(delivered.body).toBe(body);
  });

  it('is the same thing for a body that it knows byte for byte', async () => {
    for (let sent = 0; sent < 4; sent += 1) await accept('["again"]');

    expect(offered).toHaveLength(4);
    expect(offered[3]!.understood).toBe(offered[2]!.understood);
    await accept('["other"]');
    expect(offered[4]!.understood).not.toBe(offered[3]!.understood);
  });

  it('is nothing of what was refused, is no alert, or could not be made durable', async () => {
    await expect(accept('{')).rejects.toThrow();
    await expect(accept('["bad"]')).rejects.toThrow();
    await accept('[]');
    publish = () => Promise.reject(new Error('away'));
    await expect(accept('["a"]')).rejects.toThrow('away');

    expect(offered).toEqual([]);
  });

  it('is the body of a dead letter that is taken after all, with who replayed it', async () => {
    await ingest.replay(null, Buffer.from('["late"]'), 'replay by ann');

    expect(offered).toMatchObject([{ source: 'list', received_from: 'replay by ann' }]);
  });
});
