import { afterEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { MemoryHolds } from '../../test/helper/memory-holds.js';
import { memorySuppressions } from '../../test/helper/memory-suppressions.js';
import { SILENT_LOG } from '../domain/log.js';
import type { SilenceSource } from '../domain/source.js';
import type { InhibitRule, KeptSuppression, MaintenanceWindow, Silence } from '../domain/suppression/suppression.js';
import { occurrenceKey } from './content.js';
import { SuppressionKeeper } from './suppressions.js';

const SILENCE: Silence = {
  silence_id: 'S1',
  matchers: ['team="web"'],
  starts_at: '2026-11-21T10:00:00.000Z',
  ends_at: '2026-11-21T12:00:00.000Z',
  created_by: 'ann',
  comment: 'deploying',
  created_at: '2026-11-21T10:00:00.000Z',
  updated_at: '2026-11-21T10:00:00.000Z',
  ended_by: null,
  replaces: null,
  origin: 'api',
};
const RULE: InhibitRule = {
  inhibit_rule_id: 'I1',
  source_matchers: ['role="source"'],
  target_matchers: ['role="target"'],
  equal: ['cluster'],
  created_by: 'file',
  comment: '',
  created_at: null,
  expires_at: null,
  ended_by: null,
  origin: 'file',
};
const WINDOW: MaintenanceWindow = {
  window_id: 'W1',
  matchers: [],
  schedule: { type: 'once', starts_at: '2026-11-21T10:00:00.000Z', ends_at: '2026-11-21T12:00:00.000Z' },
  hold: false,
  freeze: true,
  created_by: 'file',
  comment: '',
  created_at: null,
  expires_at: null,
  ended_by: null,
  origin: 'file',
};
const web = anAlert({ labels: { team: 'web' } });
const source = anAlert({ alert_id: 'source', fingerprint: 's', labels: { role: 'source', cluster: 'a' } });
const target = anAlert({ alert_id: 'target', fingerprint: 't', labels: { role: 'target', cluster: 'a' } });

/** One database, and the processes that share it. */
class World {
  readonly clock = new FakeClock();
  readonly kept: KeptSuppression[] = [];
  readonly holds = new MemoryHolds();
  readonly store = memorySuppressions(this.kept);
  readonly keepers: SuppressionKeeper[] = [];
  stamps = 0;
  freezes = 0;

  async keeper(shared = true, alertmanager: SilenceSource | null = null): Promise<SuppressionKeeper> {
    const keeper = new SuppressionKeeper({
      suppressions: {
        ...this.store,
        shared,
        stamp: async (sources) => {
          this.stamps += 1;
          return { ...(await this.store.stamp(false)), sources: sources ? this.holds.stamp : null };
        },
      },
      holds: this.holds,
      alertmanager,
      clock: this.clock,
      log: SILENT_LOG,
      freezeChanged: () => void (this.freezes += 1),
    });
    this.keepers.push(keeper);
    await keeper.start();
    return keeper;
  }
}

let world = new World();
afterEach(async () => {
  await Promise.all(world.keepers.map((keeper) => keeper.stop()));
  world = new World();
});

const reasons = (keeper: SuppressionKeeper, alert = web): string[] => keeper.explain(alert).map(({ reason }) => reason);

describe('what holds alerts back', () => {
  it('is asked of nobody while there is nothing', async () => {
    const keeper = await world.keeper(false);
    const { stamps } = world;
    const { asked } = world.holds;

    await world.clock.advance(120_000);

    expect(keeper.current).toBeNull();
    expect([world.stamps - stamps, world.holds.asked - asked]).toEqual([0, 0]);
  });

  it('is in force at once in the process that made it, and within a second in others', async () => {
    const [one, other] = [await world.keeper(), await world.keeper()];

    await world.store.add({ kind: 'silence', doc: SILENCE }, null, SILENCE.starts_at);
    await one.changed();
    expect([reasons(one), reasons(other)]).toEqual([['silence'], []]);

    await world.clock.advance(1_000);
    expect(reasons(other)).toEqual(['silence']);
  });

  it('lets go of what it held when it is ended, whichever process sees it first', async () => {
    await world.store.add({ kind: 'silence', doc: SILENCE }, null, SILENCE.starts_at);
    await world.keeper();
    world.holds.held.set('held', 'silence:S1').set('other', 'silence:S2');

    await world.store.end('silence', 'S1', '2026-11-21T10:00:00.500Z', 'bob');
    await world.clock.advance(1_000);

    // Nobody knows of S2: what it holds would be held for ever.
    expect(world.holds.released).toEqual(['held', 'other']);
  });

  it('looks after a while for what is held by what is gone, without being told', async () => {
    const keeper = await world.keeper(false);
    await keeper.setFile({ windows: [WINDOW], inhibit_rules: [RULE] });
    world.holds.held.set('lost', 'inhibit:of a rule that was taken out').set('theirs', 'alertmanager:X');

    await world.clock.advance(30_000);

    expect(world.holds.released).toEqual(['lost']);
  });

  it('tells runs that wait for the end of a freeze when it may have ended', async () => {
    const keeper = await world.keeper(false);
    expect(world.freezes).toBe(0);

    await keeper.setFile({ windows: [WINDOW], inhibit_rules: [] });
    expect(keeper.frozen([web])?.window_id).toBe('W1');
    await keeper.setFile({ windows: [], inhibit_rules: [] });

    expect(keeper.frozen([web])).toBeNull();
    expect(world.freezes).toBe(2);
  });

  it('is read again when the store answers again', async () => {
    const keeper = await world.keeper();
    const { inForce } = world.store;
    const broken = { ...world.store, inForce };
    await world.store.add({ kind: 'silence', doc: SILENCE }, null, SILENCE.starts_at);
    broken.inForce = () => Promise.reject(new Error('the database is away'));
    const failing = new SuppressionKeeper({
      suppressions: { ...broken, shared: true, inForce: () => broken.inForce('') },
      holds: world.holds,
      alertmanager: null,
      clock: world.clock,
      log: SILENT_LOG,
      freezeChanged: () => undefined,
    });
    world.keepers.push(failing);
    broken.inForce = inForce;
    await failing.start();
    broken.inForce = () => Promise.reject(new Error('the database is away'));
    await expect(failing.setFile({ windows: [{ ...WINDOW, hold: true }], inhibit_rules: [] })).rejects.toThrow('away');
    expect(reasons(failing)).toEqual(['silence']);

    broken.inForce = () => inForce('2026-11-21T10:00:00.000Z');
    await world.clock.advance(1_000);

    expect(reasons(failing)).toEqual(['silence', 'maintenance_window']);
    expect(reasons(keeper)).toEqual(['silence']);
  });
});

describe('inhibition', () => {
  const rules = { windows: [], inhibit_rules: [RULE] };
  const fires = { firing: [{ key: occurrenceKey(source), alert: source }], over: [] };
  const ends = { firing: [], over: [occurrenceKey(source)] };

  it('counts what fired before there was a rule', async () => {
    world.holds.open.push({ key: occurrenceKey(source), alert: source }, { key: occurrenceKey(web), alert: web });
    const keeper = await world.keeper(false);

    await keeper.setFile(rules);

    expect(reasons(keeper, target)).toEqual(['inhibition']);
    expect(await world.holds.sourceKeys(10)).toHaveLength(1);
  });

  it('counts what fires in another process as soon as somebody asks, and its end', async () => {
    const [one, other] = [await world.keeper(), await world.keeper()];
    await Promise.all([one.setFile(rules), other.setFile(rules)]);

    world.holds.commit(fires);
    one.committed(fires);
    expect([reasons(one, target), reasons(other, target)]).toEqual([['inhibition'], []]);
    await other.freshen();
    expect(reasons(other, target)).toEqual(['inhibition']);

    world.holds.held.set('held', one.explain(target)[0]?.held_by ?? '');
    world.holds.commit(ends);
    // Nothing is as it was before both, and that is what is to be seen.
    await one.freshen();
    expect(reasons(one, target)).toEqual([]);
    await other.freshen();
    expect(reasons(other, target)).toEqual([]);
    await world.clock.advance(250);
    expect(world.holds.released).toEqual(['held']);
  });

  it('lets targets go shortly after their last source has ended', async () => {
    const keeper = await world.keeper(false);
    await keeper.setFile(rules);
    const second = anAlert({ alert_id: 'second', fingerprint: 's2', labels: source.labels });
    const both = { firing: [...fires.firing, { key: occurrenceKey(second), alert: second }], over: [] };
    world.holds.commit(both);
    keeper.committed(both);
    const held_by = keeper.explain(target)[0]?.held_by ?? '';

    world.holds.held.set('held', held_by);
    keeper.committed(ends);
    await world.clock.advance(1_000);
    expect(world.holds.released).toEqual([]);

    keeper.committed({ firing: [], over: [occurrenceKey(second)] });
    await world.clock.advance(1_000);
    expect(world.holds.released).toEqual(['held']);
  });
});

describe('the silences of Alertmanager', () => {
  const foreign: Silence = { ...SILENCE, silence_id: 'AM1', origin: 'alertmanager' };

  /** Answers as told, the last answer again and again. */
  function alertmanager(answers: (Silence[] | Error)[]): SilenceSource {
    return {
      silences: async () => {
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        if (answer instanceof Error) throw answer;
        return answer ?? [];
      },
      check: async () => [],
      stop: async () => undefined,
    };
  }

  it('are read every half minute; the last good answer counts while there is none', async () => {
    const keeper = await world.keeper(false, alertmanager([[foreign], new Error('away'), []]));
    await world.clock.advance(0);
    expect(reasons(keeper)).toEqual(['silence']);
    world.holds.held.set('held', 'alertmanager:AM1').set('stays', 'silence:none');

    await world.clock.advance(29_999);
    expect(reasons(keeper)).toEqual(['silence']);
    await world.clock.advance(1);
    expect(reasons(keeper)).toEqual(['silence']);

    await world.clock.advance(30_000);
    expect(reasons(keeper)).toEqual([]);
    expect(world.holds.released).toContain('held');
  });

  it('let go at the first answer of what was held by one that is gone', async () => {
    world.holds.held.set('gone', 'alertmanager:AM0').set('there', 'alertmanager:AM1');

    await world.keeper(false, alertmanager([[foreign]]));
    await world.clock.advance(0);

    expect(world.holds.released).toEqual(['gone']);
  });
});
