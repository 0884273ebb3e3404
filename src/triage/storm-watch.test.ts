import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { instant } from '../domain/clock.js';
import { createIds } from '../domain/id.js';
import { SILENT_LOG } from '../domain/log.js';
import type { StoredStorm, Storm, StormCount, StormPolicy, StormStore, StormTold } from '../domain/decision/storm.js';
import { stormEndedBy } from '../domain/decision/storm.js';
import { BatchDemand } from './storm.js';
import { StormWatch } from './storm-watch.js';
import type { StormNews } from './storm-watch.js';

/** What several processes share, without a database. */
class MemoryStorms implements StormStore {
  readonly counts: StormCount[] = [];
  readonly storms = new Map<string, StoredStorm>();
  readonly told: StormTold[] = [];
  looks = 0;
  isAway = false;

  async tally(counts: readonly StormCount[], since: string) {
    await Promise.resolve();
    this.looks += 1;
    if (this.isAway) throw new Error('the database is away');
    this.counts.push(...counts);
    const sums = new Map<string, { scope: string; alerts: number; starts: number }>();
    for (const { scope, second, alerts, starts } of this.counts) {
      if (second <= since) continue;
      const sum = sums.get(scope) ?? { scope, alerts: 0, starts: 0 };
      sums.set(scope, { scope, alerts: sum.alerts + alerts, starts: sum.starts + starts });
    }
    return { sums: [...sums.values()], storms: [...this.storms.values()] };
  }

  async move(storm: Storm, expected: number, told: StormTold): Promise<'moved' | 'conflict'> {
    await Promise.resolve();
    if ((this.storms.get(storm.scope)?.version ?? 0) !== expected) return 'conflict';
    this.storms.set(storm.scope, { storm, version: expected + 1 });
    this.told.push(told);
    return 'moved';
  }

  current(): Promise<Storm[]> {
    return Promise.resolve([...this.storms.values()].map(({ storm }) => storm));
  }

  summary() {
    return Promise.resolve({ alerts: 40, held: 30, runs: 10, shares: [] });
  }
}

const POLICY: StormPolicy = {
  overall: { starts_per_minute: 10, alerts_per_minute: 0 },
  per_service: { starts_per_minute: 0, alerts_per_minute: 5 },
  notify_only_at: 2,
  calm_ms: 120_000,
};
const NOTHING = new BatchDemand();

describe('the watch for storms', () => {
  const started: { watch: StormWatch; clock: FakeClock }[] = [];
  afterEach(async () => {
    const all = started.splice(0);
    for (const { watch } of all) await watch.stop();
    for (const { clock } of all) expect(clock.waiting).toBe(0);
  });

  function aWatch(store: MemoryStorms, clock: FakeClock, policy = POLICY) {
    const news: StormNews[] = [];
    const levels: string[] = [];
    const watch = new StormWatch({
      store,
      policy,
      clock,
      ids: createIds(
        () => clock.now(),
        (bytes) => new Uint8Array(bytes),
      ),
      log: SILENT_LOG,
      tell: (told) => {
        news.push(told);
        return { subject: `level ${told.storm.level}`, text: '', severity: 'warning', channels: null };
      },
      meter: { stormLevel: (scope, level) => levels.push(`${scope}=${level}`) },
    });
    started.push({ watch, clock });
    return { watch, news, levels };
  }

  function starts(count: number, service: string | null = null): BatchDemand {
    const demand = new BatchDemand();
    for (let n = 0; n < count; n++) demand.add('starts', service);
    return demand;
  }

  it('knows at once what this process has counted, within a batch too', async () => {
    const { watch } = aWatch(new MemoryStorms(), new FakeClock());
    await watch.start();
    expect(watch.look('a', starts(10))).toMatchObject({ level: 0 });
    expect(watch.look('a', starts(11))).toMatchObject({ level: 1, by: 'storm' });
    watch.count(starts(15));
    expect(watch.look('a', starts(5)).level).toBe(1);
    expect(watch.look('a', starts(6))).toMatchObject({
      level: 2,
      explanation: 'storm, level 2: 21 runs to start (limit 10) within a minute',
    });
  });

  it('hears within a second or two of what others count, and one of them tells it', async () => {
    const store = new MemoryStorms();
    const clock = new FakeClock();
    const one = aWatch(store, clock);
    const other = aWatch(store, clock);
    await one.watch.start();
    await other.watch.start();
    one.watch.count(starts(8));
    other.watch.count(starts(8));
    expect(one.watch.look(null, NOTHING).level).toBe(0);
    await clock.advance(2_500);
    expect(one.watch.look(null, NOTHING).level).toBe(1);
    expect(other.watch.look(null, NOTHING).level).toBe(1);
    expect(store.told.filter(({ notice }) => notice !== null)).toHaveLength(1);
  });

  it('falls only after it has been calm for long enough, and tells what it brought', async () => {
    const store = new MemoryStorms();
    const clock = new FakeClock();
    const { watch, news } = aWatch(store, clock);
    await watch.start();
    watch.count(starts(30));
    await clock.advance(2_000);
    expect(watch.look(null, NOTHING).level).toBe(2);
    // After a minute nothing of it counts any more, but the storm goes on until that has lasted.
    await clock.advance(150_000);
    expect(watch.look(null, NOTHING).level).toBe(2);
    await clock.advance(40_000);
    expect(watch.look(null, NOTHING).level).toBe(0);
    expect(news.map(({ before, storm }) => `${before}→${storm.level}`)).toEqual(['0→2', '2→0']);
    expect(news[1]).toMatchObject({ summary: { alerts: 40, held: 30 }, storm: { peak: 2 } });
  });

  it('begins to wait anew when it rises in between, and does not tell every time', async () => {
    const store = new MemoryStorms();
    const clock = new FakeClock();
    const { watch, news } = aWatch(store, clock);
    await watch.start();
    for (let turn = 0; turn < 6; turn++) {
      watch.count(starts(12));
      await clock.advance(100_000);
    }
    expect(watch.look(null, NOTHING).level).toBe(1);
    expect(news).toHaveLength(1);
  });

  it('counts each service by itself where that is limited', async () => {
    const { watch, levels } = aWatch(new MemoryStorms(), new FakeClock());
    await watch.start();
    const demand = new BatchDemand();
    for (let n = 0; n < 6; n++) demand.add('alerts', 'noisy');
    watch.count(demand);
    expect(watch.look('noisy', NOTHING)).toMatchObject({ level: 1, by: 'storm:noisy' });
    expect(watch.look('quiet', NOTHING).level).toBe(0);
    await started[0]?.clock.advance(2_000);
    expect(levels.at(-1)).toBe('noisy=1');
  });

  it('takes up a storm that another process knew, when it starts', async () => {
    const store = new MemoryStorms();
    const clock = new FakeClock();
    const first = aWatch(store, clock);
    await first.watch.start();
    first.watch.count(starts(30));
    await clock.advance(2_000);
    const second = aWatch(store, clock);
    await second.watch.start();
    expect(second.watch.look('any', NOTHING)).toMatchObject({ level: 2 });
  });

  it('forgets no count while the database is away, and hardly looks while nothing happens', async () => {
    const store = new MemoryStorms();
    const clock = new FakeClock();
    const { watch } = aWatch(store, clock);
    await watch.start();
    const before = store.looks;
    await clock.advance(60_000);
    expect(store.looks - before).toBeLessThanOrEqual(12);
    store.isAway = true;
    watch.count(starts(11));
    await clock.advance(10_000);
    expect(watch.look(null, NOTHING).level).toBe(1);
    store.isAway = false;
    await clock.advance(2_000);
    expect(store.counts.reduce((sum, { starts }) => sum + starts, 0)).toBe(11);
    expect(store.storms.get('')?.storm.level).toBe(1);
  });

  it('lets one that a person has ended not begin again before its time, and then by what comes then', async () => {
    const store = new MemoryStorms();
    const clock = new FakeClock();
    const { watch, levels, news } = aWatch(store, clock);
    await watch.start();
    watch.count(starts(30));
    await clock.advance(2_000);
    const stored = store.storms.get('');
    const now = instant(clock.now());
    const ended = { by: 'ann', reason: 'a load test', until: instant(clock.now() + 120_000) };
    await store.move(stormEndedBy(stored!.storm, ended, now), stored!.version, { notice: null, audit: null });
    await clock.advance(2_000);
    expect(watch.look(null, starts(100)).level).toBe(0);
    expect(levels.at(-1)).toBe('=0');
    // What comes meanwhile is counted, and makes no storm.
    watch.count(starts(50));
    await clock.advance(100_000);
    expect(store.storms.get('')?.storm).toMatchObject({ level: 0, ended });
    await clock.advance(30_000);
    expect(watch.look(null, NOTHING).level).toBe(0);
    watch.count(starts(11));
    await clock.advance(2_000);
    expect(store.storms.get('')?.storm.level).toBe(1);
    expect(store.storms.get('')?.storm).not.toHaveProperty('ended');
    expect(news.map(({ before, storm }) => `${before}→${storm.level}`)).toEqual(['0→2', '0→1']);
  });
});
