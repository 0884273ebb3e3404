import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { listen } from './loopback.js';
import { shopConfig, shopSummary, startShop } from './start-shop.js';

const servers: Server[] = [];

async function takePort(): Promise<{ port: number; free: () => Promise<void> }> {
  const server = createServer();
  servers.push(server);
  await listen(server, 0);
  const free = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { port: (server.address() as AddressInfo).port, free };
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('startShop', () => {
  it('listens on the ports that it is given, frees them at its end, and may be stopped twice', async () => {
    const { port, free } = await takePort();
    await free();
    const shop = await startShop({ clock: new FakeClock(), seed: 7, ports: { prometheus: port } });
    expect(shop.addresses.prometheus).toBe(`http://127.0.0.1:${port}`);

    await shop.stop();
    await shop.stop();

    const again = createServer();
    servers.push(again);
    await listen(again, port);
  });

  it('leaves nothing open when one of its ports is taken', async () => {
    const taken = await takePort();
    const { port, free } = await takePort();
    await free();

    await expect(
      startShop({ clock: new FakeClock(), seed: 7, ports: { health: port, smtp: taken.port } }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });

    const again = createServer();
    servers.push(again);
    await listen(again, port);
  });

  it('says in one line how the shop does', async () => {
    const clock = new FakeClock();
    const shop = await startShop({ clock, seed: 7 });
    expect(shopSummary(shop.model)).toMatch(/^payment-gateway 2 replicas, p99 1[78]\d ms$/);
    shop.model.scale('payment-gateway', 1);
    expect(shopSummary(shop.model)).toMatch(/^payment-gateway 1 replica, /);
    shop.model.scale('payment-gateway', 0);
    expect(shopSummary(shop.model)).toBe('payment-gateway 0 replicas, no answer');
    await shop.stop();
  });

  it('gives the same configuration for the same addresses, with every slice that the shop can serve', async () => {
    const shop = await startShop({ clock: new FakeClock(), seed: 7 });
    const config = shopConfig(shop);
    await shop.stop();

    expect(Object.keys(config.executors).sort()).toEqual([
      'api_call',
      'elasticsearch',
      'kubernetes',
      'prometheus',
      'topology',
      'trace',
    ]);
    expect(config.executors.topology.services['inventory-service']).toEqual({ downstream: [], databases: ['shop-db'] });
    expect(config.notifiers.email).toMatchObject({ host: '127.0.0.1', to: ['oncall@example.com'] });
  });
});
