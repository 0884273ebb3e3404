import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createIds, idOf } from '../../src/domain/id.js';
import { MAX_PAYLOAD_BYTES } from '../../src/domain/alert/payload.js';
import type { PayloadBody, PayloadDelivery } from '../../src/domain/alert/payload.js';
import type { Store } from '../../src/domain/store.js';
import { aBatch, aDecision, aFreshAlert } from '../helper/store-world.js';

const OLD = '2025-06-10T10:00:00.000Z';
const OLDER = '2025-06-10T09:00:00.000Z';
const NOW = '2025-06-12T10:00:00.000Z';
const DAY_MS = 86_400_000;
const NONE = { max_age_ms: null, max_count: null };

/** What every store promises about bodies of deliveries. It comes last on a store, because it forgets them. */
export function payloadSuite(open: () => Store): void {
  const idsAt = (at: string) => createIds(() => Date.parse(at), randomBytes);
  const [oldIds, olderIds] = [idsAt(OLD), idsAt(OLDER)];

  function aBody(text: string | Uint8Array, over: Partial<PayloadBody> = {}): PayloadBody {
    const bytes = Buffer.from(text);
    const head = bytes.subarray(0, MAX_PAYLOAD_BYTES);
    return { payload_id: randomBytes(12).toString('base64url'), head, bytes: bytes.length, ...over };
  }

  function aDelivery({ payload_id }: PayloadBody, over: Partial<PayloadDelivery> = {}): PayloadDelivery {
    const batch_id = (over.received_at === OLDER ? olderIds : oldIds).batch();
    const source = 'alertmanager';
    return { batch_id, payload_id, source, received_at: OLD, received_from: 'am', alerts: 2, rejected: 0, ...over };
  }

  async function keep(body: PayloadBody, over: Partial<PayloadDelivery> = {}): Promise<PayloadDelivery> {
    const delivery = aDelivery(body, over);
    await open().payloads.keep([body], [delivery]);
    return delivery;
  }

  const find = ({ batch_id }: PayloadDelivery, index = 0) => open().payloads.find(idOf(batch_id, index));

  async function prune(max_age_ms: number | null, max_bytes: number | null): Promise<number> {
    const policy = { alerts: NONE, runs: NONE, dead_letters: NONE, audit: NONE };
    const { signal } = new AbortController();
    const removed = await open().retention.prune({ ...policy, payloads: { max_age_ms, max_bytes } }, NOW, signal);
    return removed.payloads;
  }

  describe('payloads', () => {
    it('are answered byte for byte for every alert of their delivery, with who sent them', async () => {
      const bytes = Buffer.from([0, 255, 123, 34, 0xe6, 0x94, 0xaf, 0, 10]);
      const body = aBody(bytes);
      const delivery = await keep(body, { received_from: null, alerts: 3, rejected: 1 });

      const { head, ...kept } = (await find(delivery, 2))!;

      const { head: _head, ...rest } = body;
      expect(kept).toEqual({ ...delivery, ...rest, alert_id: idOf(delivery.batch_id, 2) });
      expect(Buffer.from(head).equals(bytes)).toBe(true);
      expect(await find(aDelivery(body))).toBeNull();
      expect(await open().payloads.find('no id at all')).toBeNull();
    });

    it('are kept once for many deliveries, whichever of them comes at once', async () => {
      const body = aBody('{"again": true}');
      const deliveries = [aDelivery(body), aDelivery(body), aDelivery(body)];
      await Promise.all(deliveries.map((delivery) => open().payloads.keep([body], [delivery])));
      await open().payloads.keep([], [deliveries[0]!]);

      for (const delivery of deliveries)
        expect(Buffer.from((await find(delivery))!.head).toString()).toBe('{"again": true}');
    });

    it('say how long they were when only their head is kept', async () => {
      const body = aBody('x'.repeat(MAX_PAYLOAD_BYTES + 7));
      const kept = await find(await keep(body));

      expect([kept!.head.length, kept!.bytes]).toEqual([MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 7]);
    });

    it('are found for a repeat whose own delivery is not kept by the alert that it repeats', async () => {
      const delivery = await keep(aBody('{"first": 1}'));
      const alert = aFreshAlert({ alert_id: idOf(delivery.batch_id, 1), received_at: OLD });
      const repeat = idOf(oldIds.batch(), 5);
      await open().triage.commit(aBatch({ alerts: [{ alert, decision: aDecision() }] }));
      const repeats = [{ alert_id: repeat, of: alert.alert_id, reason: 'no_match' as const, run_id: null }];
      await open().triage.commit(aBatch({ received_at: OLD, repeats }));

      const kept = await open().payloads.find(repeat);

      expect(kept).toMatchObject({ alert_id: alert.alert_id, batch_id: delivery.batch_id });
    });

    it('go when they have not come for too long, and those that came again stay', async () => {
      const [gone, again] = [aBody('gone'), aBody('again')];
      const first = await keep(gone, { received_at: OLDER });
      const seen = await keep(again, { received_at: OLDER });
      const later = await keep(again);

      const removed = await prune(2 * DAY_MS, null);

      expect(removed).toBeGreaterThanOrEqual(1);
      expect(await find(first)).toBeNull();
      expect(await find(later)).not.toBeNull();
      expect(await find(seen)).toBeNull();
    });

    it('go from the oldest on when they take more than they may', async () => {
      await prune(1, null);
      const random = (): PayloadBody => aBody(randomBytes(10_000));
      const olds = [await keep(random(), { received_at: OLDER }), await keep(random(), { received_at: OLDER })];
      const young = [await keep(random()), await keep(random())];

      expect(await prune(null, 100_000)).toBe(0);
      expect(await prune(null, 25_000)).toBe(2);

      for (const delivery of olds) expect(await find(delivery)).toBeNull();
      for (const delivery of young) expect(await find(delivery)).not.toBeNull();
      expect(await prune(null, 0)).toBe(2);
      expect(await prune(null, 0)).toBe(0);
    });
  });
}
