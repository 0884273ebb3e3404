import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { ShopLogs } from './logs.js';
import { INVENTORY, PAYMENT } from './services.js';
import { ShopModel } from './shop.js';

const TEN_MINUTES = 600_000;

function openLogs(): { model: ShopModel; clock: FakeClock; logs: ShopLogs } {
  const clock = new FakeClock();
  const model = new ShopModel({ clock, seed: 7 });
  return { model, clock, logs: new ShopLogs(model) };
}

function figures(logs: ShopLogs, model: ShopModel, service: string): { lines: number; errors: number } {
  const lines = logs
    .between(model.now() - TEN_MINUTES, model.now())
    .filter((line) => line.source.service.name === service);
  return { lines: lines.length, errors: lines.filter((line) => line.source.log.level === 'ERROR').length };
}

describe("the shop's logs", () => {
  it('hold about 300 lines of the payment gateway in ten minutes, few of them errors', () => {
    const { logs, model } = openLogs();
    const { lines, errors } = figures(logs, model, PAYMENT);

    expect(lines).toBeGreaterThan(230);
    expect(lines).toBeLessThan(380);
    expect(errors).toBeGreaterThan(0);
    expect(errors / lines).toBeLessThan(0.05);
  });

  it('show timeouts while the payment gateway is overloaded, but stay below one error in ten however long it lasts', async () => {
    const { logs, model, clock } = openLogs();
    model.breakPayment();
    await clock.advance(2_000);
    expect(figures(logs, model, PAYMENT).errors / figures(logs, model, PAYMENT).lines).toBeLessThan(0.1);

    await clock.advance(TEN_MINUTES);
    const { lines, errors } = figures(logs, model, PAYMENT);
    expect(errors / lines).toBeGreaterThan(0.04);
    expect(errors / lines).toBeLessThan(0.1);
    const texts = logs.between(model.now() - 60_000, model.now()).map((line) => line.source.message);
    expect(texts.some((text) => text.includes('TIMEOUT'))).toBe(true);
  });

  it('show refused connections of the inventory service when its database refuses them', async () => {
    const { logs, model, clock } = openLogs();
    model.break('inventory_database');
    await clock.advance(TEN_MINUTES);
    const { lines, errors } = figures(logs, model, INVENTORY);

    expect(errors / lines).toBeGreaterThan(0.2);
  });

  it('are the same every time one looks, and never come from the future', async () => {
    const { logs, model, clock } = openLogs();
    const first = logs.between(0, Infinity);
    await clock.advance(400);
    const second = logs.between(0, Infinity);

    expect(second.slice(0, first.length)).toEqual(first);
    expect(Math.max(...second.map((line) => line.at))).toBeLessThanOrEqual(model.now());
    expect(new Set(second.map((line) => line.id)).size).toBe(second.length);
  });

  it('are forgotten after half an hour', async () => {
    const { logs, model, clock } = openLogs();
    const before = logs.between(0, Infinity).length;
    await clock.advance(6 * 3_600_000);

    expect(logs.between(0, Infinity).length).toBeLessThan(before * 1.3);
    expect(logs.between(0, model.now() - 3_600_000)).toEqual([]);
  });
});
