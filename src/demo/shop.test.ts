import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { DATABASE, FAULTS, INVENTORY, ORDER, PAYMENT, SERVICES } from './services.js';
import { HISTORY_MS, ShopModel } from './shop.js';

function openModel(seed = 7): { model: ShopModel; clock: FakeClock } {
  const clock = new FakeClock();
  return { model: new ShopModel({ clock, seed }), clock };
}

describe('the shop', () => {
  it('answers the slowest 1 % of the payments in about 180 ms on an ordinary day', () => {
    const { model } = openModel();

    expect(model.measuredLatency(PAYMENT, 0.99, model.now())).toBeGreaterThan(172);
    expect(model.measuredLatency(PAYMENT, 0.99, model.now())).toBeLessThan(188);
    expect(model.readyPods(PAYMENT, model.now())).toHaveLength(2);
  });

  it('takes about 1,240 ms when the traffic doubles, and about 210 ms when one more replica is ready', async () => {
    const { model, clock } = openModel();

    model.breakPayment();
    await clock.advance(2_000);
    expect(model.measuredLatency(PAYMENT, 0.99, model.now())).toBeGreaterThan(1_190);
    expect(model.measuredLatency(PAYMENT, 0.99, model.now())).toBeLessThan(1_290);

    model.scale(PAYMENT, 3);
    await clock.advance(1_400);
    expect(model.readyPods(PAYMENT, model.now())).toHaveLength(2);
    expect(model.latency(PAYMENT, 0.99, model.now())).toBeGreaterThan(1_190);

    await clock.advance(3_600);
    expect(model.readyPods(PAYMENT, model.now())).toHaveLength(3);
    expect(model.measuredLatency(PAYMENT, 0.99, model.now())).toBeGreaterThan(200);
    expect(model.measuredLatency(PAYMENT, 0.99, model.now())).toBeLessThan(225);
  });

  it('queues in the payment gateway itself when it is overloaded, not in whom it calls', async () => {
    const { model, clock } = openModel();
    model.breakPayment();
    await clock.advance(5_000);
    const own = model.latencyParts(PAYMENT, 0.99, model.now());

    expect(own.wait_ms).toBeGreaterThan(900);
    expect(model.latency(ORDER, 0.99, model.now())).toBeLessThan(100);
  });

  it('stays healthy under the doubled traffic: slow is not broken', async () => {
    const { model, clock } = openModel();
    model.breakPayment();
    await clock.advance(60_000);

    expect(model.state(PAYMENT, model.now()).error_rate).toBeLessThan(0.02);
  });

  it('drives the CPU of the order service above 90 %, and below it with a third replica', async () => {
    const { model, clock } = openModel();
    model.break('order_cpu');
    await clock.advance(5_000);
    expect(model.state(ORDER, model.now()).cpu_share).toBeGreaterThan(0.9);

    model.scale(ORDER, 3);
    await clock.advance(5_000);
    expect(model.state(ORDER, model.now()).cpu_share).toBeLessThan(0.7);
  });

  it('is as before after a repair, whatever was broken', async () => {
    const { model, clock } = openModel();
    const before = SERVICES.map((service) => model.latency(service.name, 0.99, model.now()));
    for (const fault of FAULTS) model.break(fault);
    await clock.advance(30_000);
    expect(model.refusedConnections(INVENTORY, model.now())).toBeGreaterThan(0);
    expect(model.disk(model.now()).available_bytes / model.disk(model.now()).size_bytes).toBeLessThan(0.15);

    model.repair();
    await clock.advance(30_000);

    for (const [index, service] of SERVICES.entries()) {
      expect(model.latency(service.name, 0.99, model.now())).toBeCloseTo(before[index] ?? 0, 3);
      expect(model.state(service.name, model.now()).error_rate).toBeLessThan(0.01);
    }
  });

  it('fails every request of a service without a ready replica', async () => {
    const { model, clock } = openModel();
    model.scale(DATABASE, 0);
    await clock.advance(1_000);

    expect(model.state(DATABASE, model.now()).error_rate).toBe(1);
    expect(model.state(PAYMENT, model.now()).error_rate).toBeGreaterThan(0.7);
  });

  it('remembers what it was like before it was broken', async () => {
    const { model, clock } = openModel();
    const before = model.now();
    const then = model.latency(PAYMENT, 0.99, before - 60_000);
    model.breakPayment();
    await clock.advance(10_000);

    expect(model.latency(PAYMENT, 0.99, before - 60_000)).toBe(then);
    expect(model.latency(PAYMENT, 0.99, before - 1)).toBeLessThan(200);
  });

  it('is the same shop for the same seed, clock and deeds, and another one for another seed', async () => {
    const figures = async (seed: number): Promise<string> => {
      const { model, clock } = openModel(seed);
      model.breakPayment();
      model.scale(PAYMENT, 4);
      await clock.advance(1_700);
      const now = model.now();
      return JSON.stringify([
        model.pods(PAYMENT, now),
        model.measuredLatency(PAYMENT, 0.99, now),
        model.state(ORDER, now),
      ]);
    };

    expect(await figures(1)).toBe(await figures(1));
    expect(await figures(1)).not.toBe(await figures(2));
  });

  it('takes the youngest replicas away first, and at once', async () => {
    const { model, clock } = openModel();
    model.scale(PAYMENT, 4);
    await clock.advance(3_000);
    const names = model.readyPods(PAYMENT, model.now()).map((pod) => pod.name);

    model.scale(PAYMENT, 1);

    expect(model.pods(PAYMENT, model.now()).map((pod) => pod.name)).toEqual(names.slice(0, 1));
  });

  it('never has fewer ready replicas than wanted while it restarts', async () => {
    const { model, clock } = openModel();
    const before = model.readyPods(PAYMENT, model.now()).map((pod) => pod.name);
    model.restart(PAYMENT);
    for (let step = 0; step < 30; step++) {
      await clock.advance(100);
      expect(model.readyPods(PAYMENT, model.now())).toHaveLength(2);
    }

    expect(model.readyPods(PAYMENT, model.now()).map((pod) => pod.name)).not.toEqual(expect.arrayContaining(before));
  });

  it('does not grow without end when it is scaled for ever', async () => {
    const { model, clock } = openModel();
    for (let round = 0; round < 300; round++) {
      model.scale(PAYMENT, 2 + (round % 2));
      await clock.advance(HISTORY_MS / 50);
    }
    const changes = model.podChanges(PAYMENT, model.now());

    expect(changes).toBeGreaterThan(300);
    expect(JSON.stringify([...model.pods(PAYMENT, model.now() - HISTORY_MS)]).length).toBeLessThan(2_000);
  });

  it('refuses to speak of a service that it does not have', () => {
    const { model } = openModel();

    expect(() => model.state('cart', model.now())).toThrow('the shop has no service cart');
  });
});
