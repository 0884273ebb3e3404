import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { until } from '../../test/helper/until.js';
import { SILENT_LOG } from '../domain/log.js';
import type { PruneCounts, RetentionPolicy } from '../domain/retention.js';
import { Pruner } from './pruner.js';

const NOTHING: PruneCounts = {
  alerts: 0,
  repeats: 0,
  occurrences: 0,
  incidents: 0,
  runs: 0,
  dead_letters: 0,
  audit: 0,
  payloads: 0,
};
const NONE = { max_age_ms: null, max_count: null };
const POLICY: RetentionPolicy = { alerts: NONE, runs: NONE, dead_letters: NONE, audit: NONE };

describe('the pruner', () => {
  let clock: FakeClock;
  let passes: { now: string; last_before: string }[];
  let told: unknown[];
  let counted: unknown[];
  let answer: (signal: AbortSignal) => Promise<PruneCounts>;
  let mine: boolean;
  let pruner: Pruner;

  beforeEach(() => {
    clock = new FakeClock('2026-11-21T10:00:00.000Z');
    [passes, told, counted, mine] = [[], [], [], true];
    answer = () => Promise.resolve(NOTHING);
    pruner = new Pruner({
      retention: {
        takeTurn: (now, last_before) => {
          passes.push({ now, last_before });
          return Promise.resolve(mine);
        },
        prune: (_policy, _now, signal) => answer(signal),
      },
      policy: POLICY,
      clock,
      log: {
        ...SILENT_LOG,
        info: (fields, message) => told.push([message, fields]),
        warn: (fields, message) => told.push([message, fields]),
      },
      meter: { pruned: (what, count) => counted.push([what, count]) },
    });
  });
  afterEach(() => pruner.stop());

  it('begins soon after the start, then once a minute, and tells only what it removed', async () => {
    pruner.start();
    await clock.advance(9_999);
    expect(passes).toEqual([]);
    await clock.advance(1);
    expect(passes).toEqual([{ now: '2026-11-21T10:00:10.000Z', last_before: '2026-11-21T09:59:16.000Z' }]);
    answer = () => Promise.resolve({ ...NOTHING, alerts: 7, runs: 2 });
    await clock.advance(60_000);

    expect(passes).toHaveLength(2);
    expect(told).toEqual([['pruned', { alerts: 7, runs: 2 }]]);
    expect(counted).toEqual([
      ['alerts', 7],
      ['runs', 2],
    ]);
  });

  it('leaves the work to another process whose turn it is', async () => {
    mine = false;
    answer = () => Promise.reject(new Error('must not be asked'));
    pruner.start();
    await clock.advance(10_000);

    expect(passes).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it('tries again when the database was away', async () => {
    answer = () => Promise.reject(new Error('connection refused'));
    pruner.start();
    await clock.advance(10_000);
    expect(told).toEqual([[expect.stringContaining('tried again'), { error: 'connection refused' }]]);
    answer = () => Promise.resolve({ ...NOTHING, audit: 1 });
    await clock.advance(60_000);

    expect(counted).toEqual([['audit', 1]]);
  });

  it('stops in the middle of a pass, and leaves no timer', async () => {
    let begun = false;
    answer = (signal) =>
      new Promise((resolve) => {
        begun = true;
        signal.addEventListener('abort', () => resolve(NOTHING));
      });
    pruner.start();
    await clock.advance(10_000);
    await until('the pass', () => begun);
    await pruner.stop();
    await pruner.stop();

    expect(clock.waiting).toBe(0);
  });
});
