import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { incidentRules } from '../../test/helper/incident-world.js';
import { sleep } from '../domain/clock.js';
import { SILENT_LOG } from '../domain/log.js';
import type { IncidentRound, IncidentTiming } from '../domain/incident/incident-store.js';
import { IncidentFollower } from './incident-follower.js';

const NOTHING: IncidentRound = { taken: 0, more: false, timings: [], notices: 0 };

/** A store in which so much waits, and which remembers when it was asked. */
class Waiting {
  readonly clock = new FakeClock();
  readonly asked: number[] = [];
  readonly rounds: number[] = [];
  readonly timed: IncidentTiming[] = [];
  connected = 0;
  noticed = 0;
  left = 0;
  round: Partial<IncidentRound> = {};
  /** How long a round takes. */
  takes_ms = 0;
  failures = 0;
  readonly #began = this.clock.now();
  readonly follower = new IncidentFollower({
    store: {
      pending: async () => {
        this.asked.push(this.clock.now() - this.#began);
        return this.left > 0;
      },
      follow: async () => {
        this.rounds.push(this.clock.now() - this.#began);
        if (this.failures > 0) {
          this.failures -= 1;
          throw new Error('the database is away');
        }
        this.left -= 1;
        if (this.takes_ms > 0) await sleep(this.clock, this.takes_ms);
        return { ...NOTHING, taken: 1, more: this.left > 0, ...this.round };
      },
      connect: async () => void (this.connected += 1),
    },
    rules: incidentRules(),
    clock: this.clock,
    log: SILENT_LOG,
    look_every_ms: 5_000,
    meter: { timed: (timing) => void this.timed.push(timing) },
    noticed: () => void (this.noticed += 1),
  });
}

describe('following decisions', () => {
  let world = new Waiting();
  afterEach(async () => {
    await world.follower.stop();
    expect(world.clock.waiting).toBe(0);
    world = new Waiting();
  });

  it('looks seldom while nothing happens, and soon, once, when something was decided', async () => {
    world.follower.start();
    await world.clock.advance(10_000);
    expect(world.asked).toEqual([0, 5_000, 10_000]);
    expect(world.connected).toBe(1);
    world.left = 1;
    for (let n = 0; n < 100; n++) world.follower.wake();
    await world.clock.advance(1_000);
    expect(world.rounds).toEqual([10_400]);
    expect(world.asked).toEqual([0, 5_000, 10_000, 10_400]);
  });

  it('does not forget what is decided while it is looking', async () => {
    world.follower.start();
    await world.clock.advance(0);
    world.left = 1;
    world.follower.wake();
    await world.clock.advance(400);
    world.left = 1;
    world.follower.wake();
    await world.clock.advance(400);
    expect(world.rounds).toEqual([400, 800]);
  });

  it('leaves most of the time to others while more is decided than it can take in, and hurries when that is over', async () => {
    world.left = 6;
    world.takes_ms = 10;
    world.follower.start();
    // Being woken all the time, as in a storm, does not make it look more often.
    for (let n = 0; n < 63; n++) {
      world.follower.wake();
      await world.clock.advance(5);
    }
    expect(world.rounds).toEqual([0, 160]);
    await world.clock.advance(1_000);
    expect(world.rounds.slice(0, 6)).toEqual([0, 160, 320, 350, 380, 410]);
  });

  it('tries again after trouble, less and less often, and loses nothing', async () => {
    world.left = 1;
    world.failures = 3;
    world.follower.start();
    await world.clock.advance(8_000);
    expect(world.rounds).toEqual([0, 1_000, 3_000, 7_000]);
    expect(world.left).toBe(0);
  });

  it('shares the next round among all who ask while one is under way', async () => {
    world.takes_ms = 10;
    const first = world.follower.round();
    await world.clock.advance(5);
    const others = Array.from({ length: 50 }, () => world.follower.round());
    await world.clock.advance(20);
    await Promise.all([first, ...others]);
    expect(world.rounds).toEqual([0, 10]);
    await Promise.all([world.follower.round(), world.clock.advance(20)]);
    expect(world.rounds).toHaveLength(3);
  });

  it('goes on after a round that failed', async () => {
    world.failures = 1;
    await expect(world.follower.round()).rejects.toThrow('away');
    expect(await world.follower.round()).toMatchObject({ taken: 1 });
  });

  it('tells of times and notices, also in a round that somebody asks for', async () => {
    world.round = { timings: [{ what: 'resolved', priority: 'P1', seconds: 7 }], notices: 1 };
    await world.follower.round();
    expect(world.timed).toEqual([{ what: 'resolved', priority: 'P1', seconds: 7 }]);
    expect(world.noticed).toBe(1);
  });
});
