import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/domain/alert/alert.js';
import type { AlertBatch, Bus } from '../../src/domain/bus.js';
import { FixpointError } from '../../src/domain/errors.js';
import { createIds, idOf } from '../../src/domain/id.js';
import { anAlert } from '../helper/an-alert.js';
import { until } from '../helper/until.js';

/** A bus under test, and what the suite must be able to do to the world around it. */
export interface BusBench {
  readonly bus: Bus;
  /** Another process's bus on the same durable queue; the bench stops it at the end. */
  reopen(): Promise<Bus>;
  /** Takes durability away until the answer is called. */
  cut(): Promise<() => Promise<void>>;
  /** Called by the suite's handlers before they resolve: what a handler's commit does to the queue, where that is part of the bus. */
  decide(batch: AlertBatch): Promise<void>;
  /** What was put among the dead letters so far. */
  dead(): readonly { readonly alert_id: string | null; readonly reason: string }[];
  /** Stops everything and removes what it left. */
  close(): Promise<void>;
}

const ids = createIds(
  () => Date.now(),
  (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
);

/** A batch as intake makes it: consecutive ids, one alert for each fingerprint given. */
export function aBatch(fingerprints: readonly string[], over: Partial<Alert> = {}): AlertBatch {
  const batch_id = ids.batch();
  const alerts = fingerprints.map((fingerprint, index) =>
    anAlert({ alert_id: idOf(batch_id, index), fingerprint, ...over }),
  );
  return { batch_id, alerts };
}

function idsOf(batches: readonly AlertBatch[]): string[] {
  return batches.flatMap((batch) => batch.alerts.map((alert) => alert.alert_id));
}

/** What every bus promises (domain/bus.ts), told to one that `open` makes anew for each test. */
export function busSuite(name: string, open: () => Promise<BusBench>): void {
  describe(`the bus contract on ${name}`, () => {
    const benches: BusBench[] = [];

    async function aBench(): Promise<BusBench> {
      const bench = await open();
      benches.push(bench);
      return bench;
    }

    /** Everything that a bus delivers from now on, decided at once. */
    async function collect(bench: BusBench, bus = bench.bus): Promise<AlertBatch[]> {
      const got: AlertBatch[] = [];
      await bus.subscribe(async (batch) => {
        await bench.decide(batch);
        got.push(batch);
      });
      return got;
    }

    afterEach(async () => {
      for (const bench of benches.splice(0)) await bench.close();
    });

    it('delivers each alert once, as it was, and those of one fingerprint in their order', async () => {
      const bench = await aBench();
      const got = await collect(bench);
      const batches = ['a', 'b', 'c', 'a', 'b', 'a'].map((fingerprint) => aBatch([fingerprint, 'x', 'y']));

      for (const batch of batches) await bench.bus.publish(batch);
      await until('all alerts', () => idsOf(got).length >= 18);

      const delivered = got.flatMap((batch) => batch.alerts);
      const published = batches.flatMap((batch) => batch.alerts);
      expect(delivered.map((alert) => alert.alert_id).sort()).toEqual(idsOf(batches).sort());
      for (const fingerprint of ['a', 'b', 'c', 'x', 'y'])
        expect(delivered.filter((alert) => alert.fingerprint === fingerprint)).toEqual(
          published.filter((alert) => alert.fingerprint === fingerprint),
        );
    });

    it('gives every alert of a delivery the batch that its id names', async () => {
      const bench = await aBench();
      const got = await collect(bench);

      await bench.bus.publish(aBatch(['a', 'a', 'a']));
      await bench.bus.publish(aBatch(['a']));
      await until('all alerts', () => idsOf(got).length >= 4);

      for (const batch of got)
        for (const alert of batch.alerts) expect(alert.alert_id.startsWith(batch.batch_id)).toBe(true);
    });

    it('delivers what was published before anybody subscribed', async () => {
      const bench = await aBench();
      const batch = aBatch(['a', 'b']);
      await bench.bus.publish(batch);

      const got = await collect(bench);
      await until('both alerts', () => idsOf(got).length >= 2);

      expect(idsOf(got).sort()).toEqual(idsOf([batch]).sort());
    });

    it('keeps text of every script, and a value of 64 KiB', async () => {
      const bench = await aBench();
      const got = await collect(bench);
      const description = `支付网关延迟 ✓ \u{1F525} ${'长'.repeat(20_000)}`;

      await bench.bus.publish(aBatch(['a'], { description }));
      await until('the alert', () => got.length > 0);

      expect(got[0]!.alerts[0]!.description).toBe(description);
    });

    it('carries a delivery of five megabytes', async () => {
      const bench = await aBench();
      const got = await collect(bench);
      // Digits without a pattern: nothing that a compressor could make small.
      const noise = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(30_000))).toString('base64');
      const batch = aBatch(Array.from({ length: 128 }, (_, place) => `f${place % 3}`));
      const heavy = { ...batch, alerts: batch.alerts.map((alert) => ({ ...alert, description: noise() })) };

      await bench.bus.publish(heavy);
      await until('all alerts', () => idsOf(got).length >= 128);

      expect(idsOf(got).sort()).toEqual(idsOf([heavy]).sort());
    });

    it('hands a batch over again when its handler rejects, and loses nothing behind it', async () => {
      const bench = await aBench();
      const decided: string[] = [];
      let refusals = 0;
      await bench.bus.subscribe(async (batch) => {
        if (batch.alerts.some((alert) => alert.fingerprint === 'a') && refusals < 2) {
          refusals += 1;
          throw new Error('deadlock detected');
        }
        await bench.decide(batch);
        decided.push(...batch.alerts.map((alert) => alert.fingerprint));
      });

      for (const fingerprint of ['a', 'b', 'c', 'd', 'a']) await bench.bus.publish(aBatch([fingerprint]));
      await until('all alerts', () => decided.length >= 5);

      expect(refusals).toBe(2);
      expect(decided.sort()).toEqual(['a', 'a', 'b', 'c', 'd']);
      expect(bench.dead()).toEqual([]);
    });

    it('puts an alert that always fails among the dead, and delivers its neighbours', async () => {
      const bench = await aBench();
      const decided: string[] = [];
      let poisonTries = 0;
      await bench.bus.subscribe(async (batch) => {
        if (batch.alerts.some((alert) => alert.alert_name === 'poison')) {
          poisonTries += 1;
          throw new Error('a label too strange');
        }
        await bench.decide(batch);
        decided.push(...batch.alerts.map((alert) => alert.alert_id));
      });
      const batch = aBatch(['a', 'a', 'b']);
      const poisoned = batch.alerts.map((alert, place) => (place === 1 ? { ...alert, alert_name: 'poison' } : alert));
      const next = aBatch(['a']);

      await bench.bus.publish({ ...batch, alerts: poisoned });
      await bench.bus.publish(next);
      await until('the neighbours', () => decided.length >= 3, 30_000);
      await until('the dead letter', () => bench.dead().length > 0, 30_000);
      const triesUntilDead = poisonTries;
      await bench.bus.publish(aBatch(['a']));
      await until('one more', () => decided.length >= 4);

      expect(decided.slice(0, 3).sort()).toEqual(
        [idOf(batch.batch_id, 0), idOf(batch.batch_id, 2), ...idsOf([next])].sort(),
      );
      expect(bench.dead()).toMatchObject([
        { alert_id: idOf(batch.batch_id, 1), reason: expect.stringContaining('a label too strange') },
      ]);
      expect(poisonTries).toBe(triesUntilDead);
      expect(poisonTries).toBeLessThanOrEqual(20);
    });

    it('waits out an outage of the store instead of giving alerts up', async () => {
      const bench = await aBench();
      let calls = 0;
      const decided: string[] = [];
      await bench.bus.subscribe(async (batch) => {
        calls += 1;
        // The first failure is of the alert, so that every bus has accepted it; then the store goes away for a while.
        if (calls === 1) throw new Error('deadlock detected');
        if (calls <= 7) throw new FixpointError('unavailable', 'the database is away');
        await bench.decide(batch);
        decided.push(...batch.alerts.map((alert) => alert.alert_id));
      });

      const batch = aBatch(['a']);
      await bench.bus.publish(batch);
      await until('the alert', () => decided.length > 0, 30_000);

      expect(decided).toEqual(idsOf([batch]));
      expect(bench.dead()).toEqual([]);
    });

    it('delivers after a restart what was not decided before it, and nothing else', async () => {
      const bench = await aBench();
      const first: string[] = [];
      let refused = 0;
      await bench.bus.subscribe(async (batch) => {
        if (batch.alerts[0]!.fingerprint === 'later') {
          refused += 1;
          throw refused === 1
            ? new Error('deadlock detected')
            : new FixpointError('unavailable', 'the database is away');
        }
        await bench.decide(batch);
        first.push(...batch.alerts.map((alert) => alert.alert_id));
      });
      const [early, late] = [aBatch(['early']), aBatch(['later'])];
      await bench.bus.publish(early);
      await until('the first alert', () => first.length > 0);
      await bench.bus.publish(late);
      await until('a refusal', () => refused > 0);
      await bench.bus.stop();

      const again = await bench.reopen();
      const got = await collect(bench, again);
      await until('the second alert', () => got.length > 0, 30_000);

      expect(first).toEqual(idsOf([early]));
      expect(idsOf(got)).toEqual(idsOf([late]));
    });

    it('refuses to publish with `unavailable` while nothing durable can be promised, and recovers', async () => {
      const bench = await aBench();
      const got = await collect(bench);
      await bench.bus.publish(aBatch(['before']));
      const mend = await bench.cut();

      const refusal = await bench.bus.publish(aBatch(['during'])).then(
        () => null,
        (error: unknown) => error,
      );
      await mend();
      const after = aBatch(['after']);
      await until(
        'a publish that works',
        async () => {
          await bench.bus.publish(after);
          return true;
        },
        30_000,
      );
      await until('the alert', () => idsOf(got).includes(idOf(after.batch_id, 0)), 30_000);

      expect(refusal).toBeInstanceOf(FixpointError);
      expect(refusal).toMatchObject({ code: 'unavailable' });
    });

    it('tells how many alerts wait', async () => {
      const bench = await aBench();
      await bench.bus.publish(aBatch(['a', 'b', 'c']));
      await bench.bus.publish(aBatch(['a']));

      const before = await bench.bus.lag();
      await collect(bench);
      await until('nothing to wait', async () => (await bench.bus.lag()) === 0);

      expect(before).toBe(4);
    });

    it('says whether it works', async () => {
      const bench = await aBench();

      const check = await bench.bus.check(AbortSignal.timeout(10_000));

      expect(check).toMatchObject({ ok: true });
      expect(check.message).not.toBe('');
    });

    it('takes one handler only', async () => {
      const bench = await aBench();
      await collect(bench);

      await expect(bench.bus.subscribe(async () => {})).rejects.toThrow();
    });

    it('publishes nothing gladly', async () => {
      const bench = await aBench();

      await expect(bench.bus.publish({ batch_id: ids.batch(), alerts: [] })).resolves.toBeUndefined();
    });

    it('waits at stop for the handler under way', async () => {
      const bench = await aBench();
      const order: string[] = [];
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      await bench.bus.subscribe(async (batch) => {
        order.push('begun');
        await gate;
        await bench.decide(batch);
        order.push('decided');
      });
      // Not awaited: the in-process bus promises durability only with the decision.
      const published = bench.bus.publish(aBatch(['a']));
      await until('the handler', () => order.includes('begun'));

      const stopping = bench.bus.stop().then(() => order.push('stopped'));
      release();
      await Promise.all([published, stopping]);

      expect(order).toEqual(['begun', 'decided', 'stopped']);
    });

    it('may be stopped twice, and before anything else; then it publishes no more', async () => {
      const bench = await aBench();

      await bench.bus.stop();
      await bench.bus.stop();

      await expect(bench.bus.publish(aBatch(['a']))).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}
