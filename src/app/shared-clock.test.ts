import { expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import type { Log } from '../domain/log.js';
import { createSharedClock } from './shared-clock.js';

const MINUTE = 60_000;

/** A host whose clock is ahead of the shared one by so much. */
function aHost(ahead_ms: number) {
  const own = new FakeClock();
  const world = { ahead_ms, answers: true, asked: 0 };
  const said: string[] = [];
  const log: Log = {
    info: (_, message) => said.push(message),
    warn: (fields, message) => said.push(`${message} ${JSON.stringify(fields)}`),
    error: () => undefined,
    child: () => log,
  };
  const clock = createSharedClock(own);
  const truth = (): number => own.now() - world.ahead_ms;
  async function ask(): Promise<number> {
    world.asked += 1;
    if (!world.answers) throw new Error('away');
    return Promise.resolve(truth());
  }
  return { own, world, said, clock, truth, follow: () => clock.follow(ask, log) };
}

it.each([10 * MINUTE, -10 * MINUTE])('goes by the shared clock on a host that is %d ms ahead of it', async (ahead) => {
  const { clock, truth, said, follow } = aHost(ahead);
  await follow();
  expect(clock.now()).toBe(truth());
  expect(said).toEqual([expect.stringContaining(`"behind_ms":${-ahead}`)]);
  clock.stop();
});

it('leaves a host alone whose clock is right but for what asking takes', async () => {
  const { clock, own, said, follow } = aHost(900);
  await follow();
  expect(clock.now()).toBe(own.now());
  expect(said).toEqual([]);
  clock.stop();
});

it('keeps what it knows while nobody answers, and notices when the clock of the host is set right', async () => {
  const { clock, own, world, truth, said, follow } = aHost(5 * MINUTE);
  await follow();
  world.answers = false;
  await own.advance(10 * MINUTE);
  expect(clock.now()).toBe(truth());
  expect(world.asked).toBeGreaterThan(10);
  world.answers = true;
  world.ahead_ms = 0;
  await own.advance(MINUTE);
  expect(clock.now()).toBe(own.now());
  expect(said).toHaveLength(2);
  clock.stop();
});

it('believes no answer that took seconds to come', async () => {
  const own = new FakeClock();
  const clock = createSharedClock(own);
  const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => log };
  let answer = (_: number): void => undefined;
  const first = clock.follow(() => new Promise((resolve) => (answer = resolve)), log);
  await own.advance(3_000);
  answer(0);
  await first;
  expect(clock.now()).toBe(own.now());
  clock.stop();
});

it('asks once where there is no other clock, and not at all after it was stopped', async () => {
  const alone = aHost(0);
  let asked = 0;
  await alone.clock.follow(
    () => {
      asked += 1;
      return Promise.resolve(null);
    },
    { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => alone as never },
  );
  await alone.own.advance(10 * MINUTE);
  expect(asked).toBe(1);

  const followed = aHost(MINUTE);
  await followed.follow();
  followed.clock.stop();
  await followed.own.advance(10 * MINUTE);
  expect(followed.world.asked).toBe(1);
});
