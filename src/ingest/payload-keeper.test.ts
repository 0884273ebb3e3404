import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { SILENT_LOG } from '../domain/log.js';
import { MAX_PAYLOAD_BYTES } from '../domain/alert/payload.js';
import type { PayloadBody, PayloadDelivery } from '../domain/alert/payload.js';
import { PayloadKeeper } from './payload-keeper.js';

const MB = 1024 * 1024;
const HOUR_MS = 3_600_000;

describe('the keeper of payloads', () => {
  let clock: FakeClock;
  let writes: { bodies: readonly PayloadBody[]; deliveries: readonly PayloadDelivery[] }[];
  let counted: Record<string, number>;
  let write: () => Promise<void>;
  let keeper: PayloadKeeper;
  let last = 0;

  beforeEach(() => {
    clock = new FakeClock();
    [writes, counted, last] = [[], {}, 0];
    write = () => Promise.resolve();
    keeper = new PayloadKeeper({
      payloads: {
        keep: (bodies, deliveries) => {
          writes.push({ bodies, deliveries });
          return write();
        },
      },
      clock,
      log: SILENT_LOG,
      meter: { payloads: (outcome, count) => void (counted[outcome] = (counted[outcome] ?? 0) + count) },
    });
  });

  function offer(body: string | Uint8Array, understood: object = {}): string {
    const batch_id = `B${++last}`;
    const rest = { source: 'zabbix', now: clock.now(), received_from: 'zbx', alerts: 1, rejected: 0 };
    keeper.offer({ understood, batch_id, body: Buffer.from(body), ...rest });
    return batch_id;
  }

  const bodies = (): string[][] => writes.map((each) => each.bodies.map(({ head }) => Buffer.from(head).toString()));
  const batches = (): string[][] => writes.map(({ deliveries }) => deliveries.map(({ batch_id }) => batch_id));

  it('writes what has come together in one go, and sleeps when nothing comes', async () => {
    offer('one');
    offer('other');
    expect(writes).toEqual([]);
    await clock.advance(1_000);

    expect(bodies()).toEqual([['one', 'other']]);
    expect(writes[0]!.deliveries[0]).toMatchObject({
      batch_id: 'B1',
      payload_id: writes[0]!.bodies[0]!.payload_id,
      received_at: '2026-11-21T10:00:00.000Z',
      received_from: 'zbx',
    });
    expect(clock.next(false)).toBe(Infinity);
    expect(counted).toEqual({ kept: 2 });
  });

  it('writes the same bytes once, and of a body that is known only who brought it', async () => {
    const understood = {};
    offer('same');
    offer('same', understood);
    await clock.advance(5_000);
    offer('same', understood);
    await clock.advance(5_000);

    expect(bodies()).toEqual([['same'], []]);
    expect(batches()).toEqual([['B1', 'B2'], ['B3']]);
    expect(writes[1]!.deliveries[0]!.payload_id).toBe(writes[0]!.bodies[0]!.payload_id);
  });

  it('writes a known body again after an hour, so that pruning does not take it', async () => {
    const understood = {};
    offer('same', understood);
    await clock.advance(HOUR_MS + 5_000);
    offer('same', understood);
    await clock.advance(5_000);

    expect(bodies()).toEqual([['same'], ['same']]);
  });

  it('notes only some of very many deliveries of one body', async () => {
    const understood = {};
    for (let sent = 0; sent < 1_000; sent += 1) offer('same', understood);
    await clock.advance(5_000);

    expect(batches().flat()).toHaveLength(101);
    expect(counted).toEqual({ kept: 101, dropped: 899 });
    offer('same', understood);
    await clock.advance(5_000);
    expect(counted).toEqual({ kept: 102, dropped: 899 });
  });

  it('drops what does not fit into its memory, and writes the rest turn by turn', async () => {
    for (let sent = 0; sent < 20; sent += 1) offer(Buffer.alloc(MB / 2, sent));
    await clock.advance(300);
    expect(bodies().map((turn) => turn.length)).toEqual([2]);
    await clock.advance(60_000);

    expect(bodies().map((turn) => turn.length)).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
    expect(counted).toEqual({ kept: 16, dropped: 4 });
  });

  it('counts a small body as more than its bytes, so that not too many come at once', async () => {
    for (let sent = 0; sent < 5_000; sent += 1) offer(`body ${sent}`);
    await clock.advance(300);

    expect(bodies().map((turn) => turn.length)).toEqual([256]);
    await clock.advance(60_000);
    expect(counted).toEqual({ kept: 2_048, dropped: 2_952 });
  });

  it('keeps the head of a large body and says how long it was', async () => {
    offer(Buffer.alloc(MB, 'x'));
    await clock.advance(5_000);

    expect(writes[0]!.bodies.map(({ head, bytes }) => [head.length, bytes])).toEqual([[MAX_PAYLOAD_BYTES, MB]]);
  });

  it('gives up what cannot be written, and takes the same body for a new one the next time', async () => {
    const understood = {};
    write = () => Promise.reject(new Error('no database'));
    offer('same', understood);
    await clock.advance(5_000);
    expect(counted).toEqual({ dropped: 1 });

    write = () => Promise.resolve();
    offer('same', understood);
    await clock.advance(5_000);

    expect(bodies()).toEqual([['same'], ['same']]);
    expect(counted).toEqual({ dropped: 1, kept: 1 });
  });

  it('writes one turn at a time, however long it takes, and holds no more meanwhile', async () => {
    let done = (): void => undefined;
    write = () => new Promise((resolve) => (done = resolve));
    const understood = {};
    offer('slow', understood);
    await clock.advance(5_000);
    offer('slow', understood);
    for (let sent = 0; sent < 20; sent += 1) offer(Buffer.alloc(MB, sent));
    await clock.advance(60_000);
    expect(writes).toHaveLength(1);

    write = () => Promise.resolve();
    done();
    await clock.advance(60_000);

    expect(batches()[1]).toContain('B2');
    expect(counted).toEqual({ kept: 10, dropped: 12 });
  });

  it('writes what waits when it is stopped, and takes nothing after', async () => {
    for (let sent = 0; sent < 4; sent += 1) offer(Buffer.alloc(MB, sent));
    await keeper.stop();
    offer('late');
    await keeper.stop();

    expect(batches()).toEqual([['B1', 'B2', 'B3', 'B4']]);
    expect(clock.next(false)).toBe(Infinity);
  });
});
