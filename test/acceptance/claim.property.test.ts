import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instant } from '../../src/domain/clock.js';
import type { Run, RunEvent } from '../../src/domain/run/run.js';
import { isRunFinished } from '../../src/domain/run/run.js';
import type { RunStore } from '../../src/domain/run/run-store.js';
import { fold } from '../../src/domain/run/transition.js';
import { Committer } from '../../src/store/committer.js';
import type { Db } from '../../src/store/db.js';
import { migrate } from '../../src/store/migrate.js';
import type { Rows } from '../../src/store/postgres/commit.js';
import { writeRows } from '../../src/store/postgres/commit.js';
import { openEmbedded } from '../../src/store/postgres/embedded.js';
import { EventFeed } from '../../src/store/postgres/event-feed.js';
import { Glance } from '../../src/store/postgres/glance.js';
import { createRunStore } from '../../src/store/postgres/runs.js';
import { createPlaybookStore } from '../../src/store/postgres/upkeep.js';
import { FakeClock } from '../helper/fake-clock.js';
import { memoryRuns } from '../helper/memory-runs.js';
import { aNewRun, AT, ids, PLAYBOOK } from '../helper/store-world.js';

/** Hours, so that the time which the test itself takes is nothing beside it; and never ended by whole hours alone. */
const LEASE_MS = 5.5 * 3_600_000;
const TICK_MS = 3_600_000;
const FOR_EVER_MS = 24 * 3_600_000;
const WORKERS = 3;

/** What a worker, or somebody outside, may do at any time. `run` and `worker` count what there is, around and around. */
type Deed =
  | { readonly type: 'open'; readonly worker: number | null }
  | { readonly type: 'register' | 'beat' | 'poked'; readonly worker: number }
  | { readonly type: 'tick'; readonly ms: number }
  | { readonly type: 'claim'; readonly worker: number; readonly limit: number; readonly own: boolean }
  | { readonly type: 'apply' | 'finish'; readonly worker: number; readonly run: number }
  | { readonly type: 'outside'; readonly run: number }
  | { readonly type: 'release'; readonly worker: number; readonly run: number; readonly wake_ms: number | null };

const worker = fc.nat(WORKERS - 1);
const run = fc.nat(9);
const limit = fc.integer({ min: 1, max: 4 });
const wake_ms = fc.option(fc.constantFrom(0, 3 * TICK_MS), { nil: null });

/** What is done, and how often among all that is done. */
const KINDS: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Deed> }[] = [
  { weight: 3, arbitrary: fc.record({ type: fc.constant('open' as const), worker: fc.option(worker, { nil: null }) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('register', 'beat', 'beat', 'poked'), worker }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('tick' as const), ms: fc.nat(7).map((ticks) => ticks * TICK_MS) }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('claim' as const), worker, limit, own: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('apply' as const), worker, run }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('finish' as const), worker, run }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('outside' as const), run }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('release' as const), worker, run, wake_ms }) },
];
const deeds = fc.array(fc.oneof(...KINDS), { minLength: 5, maxLength: 50, size: 'max' });

/** What is true of a run, by the protocol's own words. */
interface Truth {
  seq: number;
  open: boolean;
  holder: string | null;
  wake_at: number | null;
  poked: boolean;
}

/** One worker as it believes the world to be: it may have slept through everything. */
interface Believer {
  id: string;
  readonly runs: Map<string, Run>;
}

/** A store's runs, and a way to let its own clock, which leases go by, run ahead. */
interface Ground {
  readonly runs: RunStore;
  pass(ms: number): Promise<void>;
}

/** Does the deeds on a store, and holds every answer against the truth. */
class Trial {
  readonly #store: RunStore;
  readonly #ground: Ground;
  readonly #truth = new Map<string, Truth>();
  readonly #leases = new Map<string, number>();
  readonly #workers: Believer[] = [];
  readonly #case = ids.next();
  #now = Date.now();
  #incarnations = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#store = ground.runs;
  }

  async run(story: readonly Deed[]): Promise<void> {
    try {
      for (let each = 0; each < WORKERS; each++) await this.#register(each);
      for (const deed of story) await this.#do(deed);
      await this.#nothingIsLost();
    } finally {
      await this.#endAll();
    }
  }

  async #do(deed: Deed): Promise<void> {
    switch (deed.type) {
      case 'open':
        return this.#open(deed.worker === null ? null : this.#worker(deed.worker));
      case 'register':
        return this.#register(deed.worker);
      case 'beat':
        return this.#beat(this.#worker(deed.worker));
      case 'poked':
        return this.#poked(this.#worker(deed.worker));
      case 'tick':
        return this.#tick(deed.ms);
      case 'claim': {
        const by = this.#worker(deed.worker);
        return void (await this.#claim(by, deed.limit, deed.own ? [...by.runs.keys()] : undefined));
      }
      case 'apply':
      case 'finish':
        return this.#apply(this.#worker(deed.worker), deed.run, deed.type === 'finish');
      case 'outside':
        return this.#outside(deed.run);
      case 'release':
        return this.#release(this.#worker(deed.worker), deed.run, deed.wake_ms);
    }
  }

  async #tick(ms: number): Promise<void> {
    this.#now += ms;
    await this.#ground.pass(ms);
  }

  #worker(place: number): Believer {
    return this.#workers[place % WORKERS]!;
  }

  #nth<T>(list: readonly T[], place: number): T | undefined {
    return list[place % Math.max(1, list.length)];
  }

  async #register(place: number): Promise<void> {
    const id = `${this.#case}-w${place}#${(this.#incarnations += 1)}`;
    const before = this.#workers[place];
    if (before) this.#leases.delete(before.id);
    await this.#store.register(id, LEASE_MS);
    this.#leases.set(id, this.#now + LEASE_MS);
    this.#workers[place] = { id, runs: new Map() };
  }

  async #beat(by: Believer): Promise<void> {
    const isHeld = (this.#leases.get(by.id) ?? -1) > this.#now;
    const answer = await this.#store.heartbeat(by.id, LEASE_MS);
    expect(answer).toBe(isHeld ? 'held' : 'lost');
    if (isHeld) this.#leases.set(by.id, this.#now + LEASE_MS);
  }

  async #open(by: Believer | null): Promise<void> {
    const opening = aNewRun({}, by?.id ?? null);
    expect(await this.#store.open(opening)).toBe('opened');
    const { run_id } = opening.run;
    const wake_at = by === null ? Date.parse(AT) : null;
    this.#truth.set(run_id, { seq: 1, open: true, holder: by?.id ?? null, wake_at, poked: false });
    by?.runs.set(run_id, opening.run);
  }

  #isFree(truth: Truth, by: string, run_id: string, holding: readonly string[] | undefined): boolean {
    if (!truth.open) return false;
    if (truth.holder === null) return truth.poked || (truth.wake_at !== null && truth.wake_at <= this.#now);
    const isStray = truth.holder === by && holding !== undefined && !holding.includes(run_id);
    return isStray || (this.#leases.get(truth.holder) ?? -1) <= this.#now;
  }

  /** Nobody gets what another holds with a lease that lasts, and who asks gets what is free, as it is now. */
  async #claim(by: Believer, limit: number, holding: readonly string[] | undefined): Promise<number> {
    const free = [...this.#truth].filter(([run_id, truth]) => this.#isFree(truth, by.id, run_id, holding));
    const expected = free
      .map(([run_id]) => run_id)
      .sort()
      .slice(0, limit);
    const claimed = await this.#store.claim(by.id, instant(this.#now), limit, holding);
    expect(claimed.map(({ run: { run_id } }) => run_id).sort()).toEqual(expected);
    for (const { run, from } of claimed) {
      const truth = this.#truth.get(run.run_id)!;
      expect({ seq: run.seq, from }).toEqual({ seq: truth.seq, from: truth.holder });
      Object.assign(truth, { holder: by.id, wake_at: null, poked: false });
      by.runs.set(run.run_id, run);
    }
    return claimed.length;
  }

  /** Of several who believe that they hold a run, the first is heard; the others were late, whatever they think. */
  async #apply(by: Believer, place: number, ends: boolean): Promise<void> {
    const run = this.#nth([...by.runs.values()], place);
    if (!run || isRunFinished(run.state)) return;
    const at = instant(this.#now);
    const event: RunEvent = ends
      ? { type: 'run_finished', at, state: 'succeeded', outcome: 'nothing_done', reason: null }
      : { type: 'run_rescued', at, worker_id: by.id, from: null };
    await this.#change(run, event, by);
  }

  async #change(before: Run, event: RunEvent, by: Believer | null): Promise<void> {
    const truth = this.#truth.get(before.run_id)!;
    const isFirst = truth.seq === before.seq;
    const after = fold(before, [event]);
    const answer = await this.#store.apply({ before, after, events: [event], outside: by === null });
    expect(answer).toBe(isFirst ? 'applied' : 'conflict');
    // Whoever comes late looks anew, as the scheduler does.
    if (!isFirst) return void by?.runs.delete(before.run_id);
    truth.seq += 1;
    if (by === null) truth.poked = true;
    if (isRunFinished(after.state)) Object.assign(truth, { open: false, holder: null });
    by?.runs.set(before.run_id, after);
  }

  async #outside(place: number): Promise<void> {
    const run_id = this.#nth([...this.#truth.keys()], place);
    const found = run_id === undefined ? null : await this.#store.load(run_id);
    if (!run_id || !found) return;
    const truth = this.#truth.get(run_id)!;
    expect({ seq: found.run.seq, holder: found.holder }).toEqual({ seq: truth.seq, holder: truth.holder });
    if (!truth.open) return;
    await this.#change(found.run, { type: 'alerts_resolved', at: instant(this.#now) }, null);
  }

  async #release(by: Believer, place: number, wake_ms: number | null): Promise<void> {
    const run_id = this.#nth([...by.runs.keys()], place);
    if (run_id === undefined) return;
    const wake_at = wake_ms === null ? null : this.#now + wake_ms;
    await this.#store.release(run_id, by.id, wake_at === null ? null : instant(wake_at));
    by.runs.delete(run_id);
    const truth = this.#truth.get(run_id)!;
    if (truth.holder === by.id) Object.assign(truth, { holder: null, wake_at });
    else if (truth.holder === null && wake_at !== null) truth.wake_at = Math.min(truth.wake_at ?? Infinity, wake_at);
  }

  /** Every mark is seen by the holder of the run, once. */
  async #poked(by: Believer): Promise<void> {
    const expected = [...this.#truth].filter(([, truth]) => truth.open && truth.poked && truth.holder === by.id);
    expect([...(await this.#store.poked(by.id))].sort()).toEqual(expected.map(([run_id]) => run_id).sort());
    for (const [, truth] of expected) truth.poked = false;
  }

  /** When all workers are dead, one that comes gets everything but what sleeps until somebody wakes it. */
  async #nothingIsLost(): Promise<void> {
    await this.#tick(FOR_EVER_MS);
    await this.#register(0);
    const by = this.#worker(0);
    for (let rounds = 0; rounds < 1_000; rounds++) if ((await this.#claim(by, 4, undefined)) === 0) break;
    for (const [run_id, truth] of this.#truth) {
      if (!truth.open) continue;
      const sleeps = truth.holder === null && truth.wake_at === null && !truth.poked;
      expect({ run_id, held: truth.holder === by.id || sleeps }).toEqual({ run_id, held: true });
    }
  }

  async #endAll(): Promise<void> {
    for (const run_id of this.#truth.keys()) {
      const found = await this.#store.load(run_id);
      if (!found || isRunFinished(found.run.state)) continue;
      const events: RunEvent[] = [
        { type: 'run_finished', at: AT, state: 'cancelled', outcome: 'nothing_done', reason: null },
      ];
      await this.#store.apply({ before: found.run, after: fold(found.run, events), events });
    }
  }
}

/** The runs of an embedded store; time passes in it when the ends of all leases come nearer. */
function embeddedGround(db: Db): Ground {
  const committer = new Committer<Rows>({ write: (rows) => writeRows(db, rows), lanes: 1, max: 128, now: () => 0 });
  return {
    runs: createRunStore(db, committer, new EventFeed(), {
      glance: new Glance(db, { now: () => Date.parse(AT) }),
      hears: false,
    }),
    pass: async (ms) => {
      await db.query({
        text: "update workers set until = until - $1::float8 * interval '1 millisecond'",
        values: [ms],
      });
    },
  };
}

function memoryGround(): Ground {
  const clock = new FakeClock();
  return {
    runs: memoryRuns(() => PLAYBOOK.playbook, clock).store,
    pass: (ms) => clock.advance(ms),
  };
}

describe('the claim protocol, whoever does what and when', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fixpoint-claim-'));
  let db: Db;
  let ground: Ground;
  beforeAll(async () => {
    db = await openEmbedded(directory, null);
    await migrate(db, 'migrations');
    await createPlaybookStore(db).record([PLAYBOOK], AT);
    ground = embeddedGround(db);
  });
  afterAll(async () => {
    await db.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('never lets two write on the same state of a run, and loses none: in the memory of the tests', async () => {
    await fc.assert(
      fc.asyncProperty(deeds, (story) => new Trial(memoryGround()).run(story)),
      { numRuns: 100 },
    );
  });

  it('never lets two write on the same state of a run, and loses none: in the embedded store', async () => {
    await fc.assert(
      fc.asyncProperty(deeds, (story) => new Trial(ground).run(story)),
      { numRuns: 25 },
    );
  });

  it('gives each run to one of several who ask at the same moment', async () => {
    const now = instant(Date.now());
    const openings = Array.from({ length: 20 }, () => aNewRun());
    for (const opening of openings) await ground.runs.open(opening);
    const workers = ['a', 'b', 'c'].map((name) => `${ids.next()}-${name}#1`);
    for (const id of workers) await ground.runs.register(id, LEASE_MS);

    const claims = await Promise.all([...workers, ...workers].map((id) => ground.runs.claim(id, now, 5)));

    const claimed = claims.flat().map(({ run: { run_id } }) => run_id);
    expect(claimed.toSorted()).toEqual(openings.map(({ run: { run_id } }) => run_id).toSorted());
  });
});
