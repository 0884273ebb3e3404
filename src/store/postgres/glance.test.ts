import { expect, it } from 'vitest';
import type { Db } from '../db.js';
import type { Seen } from './glance.js';
import { Glance } from './glance.js';

const NOW = '2026-01-01T00:00:00.000Z';
const SOON = '2026-01-01T00:00:00.020Z';
const LATER = '2026-01-01T00:00:01.000Z';
const NOTHING = { free: false, poked: false, due: false, incidents: false, suppressions: null, next: null };

/** A glance at a database of this kind, which answers as told, and how often it was asked. */
function aGlance(kind: Db['kind'], row: Partial<Seen & { next: string | null }> = {}) {
  const world = { activity: 1, row, asked: 0, fails: false };
  const query = (): Promise<unknown[]> => {
    world.asked += 1;
    return world.fails ? Promise.reject(new Error('away')) : Promise.resolve([{ ...NOTHING, ...world.row }]);
  };
  const db = { kind, query, activity: () => world.activity } as unknown as Db; // nothing else of it is asked here
  return { world, glance: new Glance(db, { now: () => Date.parse(NOW) }) };
}

it('asks once for those who look within some milliseconds, and again for those who look later', async () => {
  const { world, glance } = aGlance('postgres', { due: true });

  const [first, second] = await Promise.all([glance.look({ now: NOW }), glance.look({ now: SOON })]);
  expect([first.due, second.due, world.asked]).toEqual([true, true, 1]);

  await glance.look({ now: LATER });
  expect(world.asked).toBe(2);
});

it('asks anew when this process has changed something, for an earlier instant, and for another worker', async () => {
  const { world, glance } = aGlance('postgres');

  await glance.look({ now: SOON, worker: 'w' });
  world.activity += 1;
  await glance.look({ now: SOON, worker: 'w' });
  expect(world.asked).toBe(2);
  await glance.look({ now: NOW, worker: 'w' });
  expect(world.asked).toBe(3);
  await glance.look({ now: NOW, worker: 'other' });
  expect(world.asked).toBe(4);
  await glance.look({ now: NOW });
  expect(world.asked).toBe(4);
});

it('does not ask again what found nothing where nobody else changes the database, until something is due', async () => {
  const { world, glance } = aGlance('embedded', { next: LATER });

  await glance.look({ now: NOW });
  await glance.look({ now: '2026-01-01T00:00:00.999Z' });
  expect(world.asked).toBe(1);
  await glance.look({ now: LATER });
  expect(world.asked).toBe(2);
});

it('asks again what found something', async () => {
  const { world, glance } = aGlance('embedded', { free: true });

  await glance.look({ now: NOW });
  await glance.look({ now: LATER });
  expect(world.asked).toBe(2);
});

it('shares no failure with who asks after it', async () => {
  const { world, glance } = aGlance('embedded');
  world.fails = true;
  await expect(glance.look({ now: NOW })).rejects.toThrow('away');
  world.fails = false;
  expect((await glance.look({ now: NOW })).free).toBe(false);
});
