import { afterEach, describe, expect, it } from 'vitest';
import { FixpointError } from '../domain/errors.js';
import { SILENT_LOG } from '../domain/log.js';
import type { FedChange, FedEvent, RunFeed } from '../domain/run/run-feed.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { RunEventFeeder } from './run-event-feeder.js';

/** The feed of a database, and who may tell. */
class MemoryFeed implements RunFeed {
  readonly lines: FedChange[] = [];
  holder: string | null = null;
  away = false;

  add(...seqs: number[]): void {
    for (const seq of seqs) this.lines.push({ position: seq, events: [anEvent(seq)] });
  }

  async take(holder: string): Promise<boolean> {
    if (this.away) throw new FixpointError('unavailable', 'the database is away');
    this.holder ??= holder;
    return this.holder === holder;
  }

  async leave(holder: string): Promise<void> {
    if (this.holder === holder) this.holder = null;
  }

  async next(limit: number): Promise<FedChange[]> {
    return this.lines.slice(0, limit);
  }

  async told(positions: readonly number[]): Promise<void> {
    const gone = new Set(positions);
    this.lines.splice(0, this.lines.length, ...this.lines.filter(({ position }) => !gone.has(position)));
  }
}

function anEvent(seq: number): FedEvent {
  const at = '2026-11-21T10:00:00.000Z';
  return {
    type: 'run_paused',
    at,
    by: 'somebody',
    reason: null,
    seq,
    run_id: 'R',
    playbook_id: 'PB',
    service_name: 's',
  };
}

const feeders: RunEventFeeder[] = [];

function aFeeder(feed: MemoryFeed, clock: FakeClock, holder = 'one') {
  const sent: number[] = [];
  const refusing = { now: false };
  let fed = 0;
  const feeder = new RunEventFeeder({
    feed,
    bus: {
      publishRunEvents: async (events) => {
        if (refusing.now) throw new FixpointError('unavailable', 'Kafka is away');
        sent.push(...events.map(({ seq }) => seq));
      },
    },
    holder,
    clock,
    log: SILENT_LOG,
    meter: { fed: (events) => void (fed += events) },
  });
  feeders.push(feeder);
  feeder.start();
  return { feeder, sent, refusing, fed: () => fed };
}

afterEach(() => Promise.all(feeders.splice(0).map((feeder) => feeder.stop())));

describe('RunEventFeeder', () => {
  it('publishes what is there in its order, then what comes, and tells how much', async () => {
    const [feed, clock] = [new MemoryFeed(), new FakeClock()];
    feed.add(...Array.from({ length: 1_200 }, (_, seq) => seq));
    const { sent, fed } = aFeeder(feed, clock);

    await clock.advance(0);
    feed.add(1_200, 1_201);
    await clock.advance(1_000);

    expect(sent).toEqual(Array.from({ length: 1_202 }, (_, seq) => seq));
    expect(feed.lines).toEqual([]);
    expect(fed()).toBe(1_202);
  });

  it('keeps what cannot be published, tries less and less often, and goes on where it was', async () => {
    const [feed, clock] = [new MemoryFeed(), new FakeClock()];
    const { sent, refusing } = aFeeder(feed, clock);
    refusing.now = true;
    feed.add(1, 2);
    await clock.advance(120_000);
    expect(feed.lines).toHaveLength(2);

    refusing.now = false;
    await clock.advance(15_000);

    expect(sent).toEqual([1, 2]);
    expect(feed.lines).toEqual([]);
  });

  it('outlives a database that is away', async () => {
    const [feed, clock] = [new MemoryFeed(), new FakeClock()];
    feed.away = true;
    const { sent } = aFeeder(feed, clock);
    feed.add(1);
    await clock.advance(60_000);

    feed.away = false;
    await clock.advance(15_000);

    expect(sent).toEqual([1]);
  });

  it('publishes nothing while another process does, and takes over soon after that one has stopped', async () => {
    const [feed, clock] = [new MemoryFeed(), new FakeClock()];
    const first = aFeeder(feed, clock, 'one');
    await clock.advance(0);
    const second = aFeeder(feed, clock, 'two');
    feed.add(1);
    await clock.advance(10_000);

    await first.feeder.stop();
    feed.add(2);
    await clock.advance(5_000);

    expect([first.sent, second.sent]).toEqual([[1], [2]]);
  });

  it('removes lines whose run was pruned, also while nothing can be published', async () => {
    const [feed, clock] = [new MemoryFeed(), new FakeClock()];
    feed.lines.push({ position: 1, events: [] });
    feed.add(2);
    const { refusing, sent } = aFeeder(feed, clock);
    refusing.now = true;
    await clock.advance(1_000);

    expect(feed.lines.map(({ position }) => position)).toEqual([2]);
    expect(sent).toEqual([]);
  });

  it('stops though a publish hangs, leaves no timer, and may be stopped twice or before its start', async () => {
    const [feed, clock] = [new MemoryFeed(), new FakeClock()];
    feed.add(1);
    const idle = aFeeder(new MemoryFeed(), clock);
    await idle.feeder.stop();
    await idle.feeder.stop();
    const hanging = new RunEventFeeder({
      feed,
      bus: { publishRunEvents: () => new Promise(() => undefined) },
      holder: 'one',
      clock,
      log: SILENT_LOG,
      meter: { fed: () => undefined },
    });
    hanging.start();
    await clock.advance(0);

    const stopped = hanging.stop();
    await clock.advance(5_000);
    await stopped;

    expect(clock.waiting).toBe(0);
    expect(feed.lines).toHaveLength(1);
  });
});
