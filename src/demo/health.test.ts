import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { startShop } from './start-shop.js';
import type { Shop } from './start-shop.js';

/** A foreign answer, looked at field by field in the expectations. */
type Answered = any;

let clock: FakeClock;
let shop: Shop;

beforeEach(async () => {
  clock = new FakeClock();
  shop = await startShop({ clock, seed: 7 });
});

afterEach(() => shop.stop());

async function get(path: string): Promise<{ status: number; body: Answered }> {
  const response = await fetch(`${shop.addresses.health}${path}`);
  return { status: response.status, body: await response.json() };
}

describe("the shop's health API", () => {
  it('calls an overloaded service slow but healthy', async () => {
    shop.model.breakPayment();
    await clock.advance(3_000);
    const { body } = await get('/api/v1/health/payment-gateway');

    expect(body).toMatchObject({
      service: 'payment-gateway',
      is_healthy: true,
      status: 'healthy',
      replicas: 2,
      ready_replicas: 2,
    });
    expect(body.latency_p99_ms).toBeGreaterThan(1_190);
  });

  it('calls a service unhealthy that has no replica, or fails one request in ten', async () => {
    shop.model.scale('order-service', 0);
    shop.model.break('inventory_database');
    await clock.advance(1_000);

    expect((await get('/api/v1/health/order-service')).body).toMatchObject({
      is_healthy: false,
      status: 'unhealthy',
      replicas: 0,
      latency_p99_ms: null,
    });
    expect((await get('/api/v1/health/inventory-service')).body).toMatchObject({ is_healthy: false });
    expect((await get('/api/v1/health/shop-db')).body).toMatchObject({ is_healthy: true });
  });

  it('names what a service depends on, and what depends on it', async () => {
    expect((await get('/api/v1/dependencies/payment-gateway?type=downstream')).body).toMatchObject({
      service: 'payment-gateway',
      dependencies: [{ service: 'order-service', is_healthy: true, latency_p99_ms: expect.any(Number) }],
    });
    expect((await get('/api/v1/dependencies/order-service?type=upstream')).body.dependencies).toMatchObject([
      { service: 'payment-gateway' },
    ]);
    expect((await get('/api/v1/dependencies/shop-db')).body.dependencies).toEqual([]);
  });

  it('refuses what it does not know', async () => {
    expect(await get('/api/v1/health/cart')).toEqual({ status: 404, body: { error: 'no such service: cart' } });
    expect((await get('/api/v1/dependencies/payment-gateway?type=sideways')).status).toBe(400);
    expect((await get('/nothing')).status).toBe(404);
    expect((await fetch(`${shop.addresses.health}/api/v1/health/shop-db`, { method: 'DELETE' })).status).toBe(405);
  });
});
