import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { anAlert } from '../../test/helper/an-alert.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { FixpointError } from '../domain/errors.js';
import { SILENT_LOG } from '../domain/log.js';
import type { NewRunHeader } from '../domain/run/run.js';
import type { SourceModule, SourceReconciler } from '../domain/source.js';
import type { Ingest } from '../ingest/ingest.js';
import { openReconciling } from './reconciling.js';

/** A system called `fake` whose reconciler is the test's own. */
function open(over: (take: (payload: unknown) => Promise<number>) => Partial<SourceReconciler>) {
  const clock = new FakeClock();
  const accepted: string[] = [];
  const warned: unknown[] = [];
  const module: SourceModule = {
    name: 'fake',
    config: z.unknown(),
    recognizes: () => false,
    create: () => ({ parse: () => ({ unusable: [] }) }),
    openReconciler: (_config, { take }) => ({ every_ms: null, stop: async () => undefined, ...over(take) }),
  };
  const reconciling = openReconciling(
    { sources: {} },
    {
      store: { occurrences: { open: async () => [] } },
      clock,
      log: { ...SILENT_LOG, warn: (fields) => void warned.push(fields) },
    },
    [module],
  );
  reconciling.start({
    accept: async (source: string, body: Uint8Array, from?: string) => {
      const text = Buffer.from(body).toString();
      if (text === '"bad"') throw new FixpointError('invalid', 'bad');
      accepted.push(`${source} ${text} ${from ?? ''}`);
      return { accepted: 1, alerts: [], rejected: 0 };
    },
  } as Pick<Ingest, 'accept'> as Ingest); // nothing else of it is asked
  return { reconciling, clock, accepted, warned };
}

describe('looking for what was lost', () => {
  it('happens soon after the start and then as often as the source says, until the stop', async () => {
    let looks = 0;
    const world = open(() => ({ every_ms: 60_000, look: async () => ({ taken: (looks += 1), ended: 0 }) }));

    await world.clock.advance(15_000);
    expect(looks).toBe(1);
    await world.clock.advance(120_000);
    expect(looks).toBe(3);
    await world.reconciling.stop();
    await world.clock.advance(600_000);

    expect(looks).toBe(3);
    expect(world.clock.waiting).toBe(0);
  });

  it('takes in what is found under the name of its source, and passes over what is invalid', async () => {
    const world = open((take) => ({
      every_ms: 60_000,
      look: async () => ({ taken: (await take('bad')) + (await take({ a: 1 })), ended: 0 }),
    }));

    await world.clock.advance(15_000);
    await world.reconciling.stop();

    expect(world.accepted).toEqual(['fake {"a":1} reconciliation']);
  });

  it('goes on after a failure, and warns once for as long as it lasts', async () => {
    const answers = ['fails', 'fails', 'works', 'fails'];
    const world = open(() => ({
      every_ms: 1_000,
      look: async () => {
        if (answers.shift() === 'fails') throw new Error('away');
        return { taken: 0, ended: 0 };
      },
    }));

    await world.clock.advance(4_500);
    await world.reconciling.stop();

    expect(world.warned).toEqual([
      { source: 'fake', error: 'away' },
      { source: 'fake', error: 'away' },
    ]);
  });

  it('ends a look that hangs', async () => {
    let aborted = 0;
    const world = open(() => ({
      every_ms: 1_000,
      look: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted += 1;
            reject(new Error('aborted'));
          });
        }),
    }));

    await world.clock.advance(122_000);
    expect(aborted).toBe(1);
    await world.reconciling.stop();

    expect(aborted).toBe(2);
    expect(world.clock.waiting).toBe(0);
  });
});

describe('an errand', () => {
  it('is tried again with growing waits, and given up', async () => {
    const tries: number[] = [];
    const world = open(() => ({
      fetch: async () => {
        tries.push(world.clock.now());
        throw new Error('away');
      },
    }));
    const begin = world.clock.now();

    world.reconciling.leftOut('fake', { receiver: 'r', group_key: 'g' });
    await world.clock.advance(1_000_000);

    expect(tries.map((at) => at - begin)).toEqual([0, 1_000, 6_000, 36_000, 156_000]);
    await world.reconciling.stop();
  });

  it('is the same while it waits for the same group', async () => {
    const fetched: unknown[] = [];
    const world = open(() => ({
      fetch: async (left_out) => {
        fetched.push(left_out);
        return { taken: 0, ended: 0 };
      },
    }));

    for (const [group_key, n] of [
      ['g', 1],
      ['h', 2],
      ['h', 3],
    ] as const)
      world.reconciling.leftOut('fake', { receiver: 'r', group_key, n });
    await world.clock.advance(0);

    expect(fetched.map((left_out) => (left_out as { n: number }).n)).toEqual([1, 3]);
    world.reconciling.leftOut('other', {});
    await world.reconciling.stop();
  });
});

describe('a run that begins', () => {
  const header = { run_id: 'r1', playbook_id: 'P', alert: anAlert({ source_system: 'fake' }) } as NewRunHeader;
  const opening = { run: {} as never, go: () => undefined };

  it('is told to its system after it was opened', async () => {
    const told: string[] = [];
    const world = open(() => ({ acknowledge: async (_alert, run) => void told.push(run.run_id) }));

    const hearing = world.reconciling.hearing(header, opening);
    await world.clock.advance(0);
    expect(told).toEqual([]);
    hearing.go();
    await world.clock.advance(0);

    expect(told).toEqual(['r1']);
    await world.reconciling.stop();
  });

  it('is left as it is where nobody wants to hear of it', () => {
    const world = open(() => ({}));

    expect(world.reconciling.hearing(header, opening)).toBe(opening);
    expect(world.reconciling.hearing({ ...header, alert: null }, opening)).toBe(opening);
  });
});
