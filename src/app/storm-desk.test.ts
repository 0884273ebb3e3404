import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { Settings } from '../config.js';
import { createIds } from '../domain/id.js';
import { SILENT_LOG } from '../domain/log.js';
import type { StoredStorm, Storm, StormLevel, StormStore, StormTold } from '../domain/decision/storm.js';
import { createStormDesk } from './storm-desk.js';

const clock = new FakeClock();
const NOW = '2026-11-21T10:00:00.000Z';

function aStorm(scope: string, level: StormLevel): Storm {
  const rates = { alerts: 90, starts: 40 };
  return { scope, level, since: NOW, changed_at: NOW, calm_since: NOW, calm_level: 1, rates, peak: 2 };
}

/** Storms of which somebody else changes one for every conflict that is asked for. */
class Storms implements StormStore {
  readonly kept = new Map<string, StoredStorm>();
  readonly told: StormTold[] = [];
  conflicts = 0;

  put(...storms: Storm[]): void {
    for (const storm of storms) this.kept.set(storm.scope, { storm, version: 3 });
  }

  tally() {
    return Promise.resolve({ sums: [], storms: [...this.kept.values()] });
  }

  move(storm: Storm, expected: number, told: StormTold): Promise<'moved' | 'conflict'> {
    const known = this.kept.get(storm.scope);
    if (this.conflicts > 0 && known) {
      this.conflicts -= 1;
      this.kept.set(storm.scope, { ...known, version: known.version + 1 });
    }
    if (this.kept.get(storm.scope)?.version !== expected) return Promise.resolve('conflict');
    this.kept.set(storm.scope, { storm, version: expected + 1 });
    this.told.push(told);
    return Promise.resolve('moved');
  }

  current = () => Promise.resolve([]);
  summary = () => Promise.resolve({ alerts: 9, held: 8, runs: 1, shares: [] });
}

describe('ending storms by hand', () => {
  let storms: Storms;
  beforeEach(() => {
    storms = new Storms();
  });
  function desk(channels: readonly string[] = ['slack']) {
    return createStormDesk(Settings.parse({ storm: { starts_per_minute: 5 } }), {
      store: { storm: storms },
      notifiers: { default_names: channels },
      clock,
      ids: createIds(
        () => clock.now(),
        (bytes) => new Uint8Array(bytes),
      ),
      log: SILENT_LOG,
    });
  }
  const command = { by: 'ann', reason: 'a load test', for_ms: 900_000 };
  const levels = () => [...storms.kept.values()].map(({ storm }) => `${storm.scope}=${storm.level}`);

  it('ends all that there are, with who, why and until when, one message and one entry of the audit each', async () => {
    storms.put(aStorm('', 2), aStorm('noisy', 1), aStorm('calm', 0));

    await desk()(command);

    expect(levels()).toEqual(['=0', 'noisy=0', 'calm=0']);
    const ended = { by: 'ann', reason: 'a load test', until: '2026-11-21T10:15:00.000Z' };
    expect(storms.kept.get('noisy')?.storm).toMatchObject({ ended, changed_at: NOW, calm_since: null });
    expect(storms.kept.get('calm')?.storm).not.toHaveProperty('ended');
    expect(storms.told).toHaveLength(2);
    expect(storms.told[0]?.audit).toMatchObject({
      who: 'ann',
      what: 'storm.end',
      target: null,
      details: { before: 2 },
    });
    expect(storms.told[1]?.audit).toMatchObject({ target: 'noisy', details: { reason: 'a load test' } });
    expect(storms.told[0]?.notice).toMatchObject({ subject: 'Alert storm is over', severity: 'info' });
    expect(storms.told[0]?.notice?.text).toContain('Ended by ann: a load test');
    expect(storms.told[0]?.notice?.text).toContain('no such storm begins before 2026-11-21T10:15:00.000Z');
  });

  it('ends that of one service, or that of all together, and leaves the others', async () => {
    storms.put(aStorm('', 2), aStorm('noisy', 1));
    await desk()({ ...command, scope: 'noisy' });
    expect(levels()).toEqual(['=2', 'noisy=0']);
    await desk()({ ...command, scope: '' });
    expect(levels()).toEqual(['=0', 'noisy=0']);
  });

  it('refuses to end what is not', async () => {
    storms.put(aStorm('calm', 0));
    await expect(desk()(command)).rejects.toMatchObject({ code: 'conflict', message: 'there is no storm now' });
    await expect(desk()({ ...command, scope: 'x' })).rejects.toThrow('there is no storm of x now');
    expect(storms.told).toEqual([]);
  });

  it('looks again where the watch changed it meanwhile, and gives up after some turns', async () => {
    storms.put(aStorm('', 2));
    storms.conflicts = 3;
    await desk([])(command);
    expect(levels()).toEqual(['=0']);
    expect(storms.told).toMatchObject([{ notice: null }]);
    storms.put(aStorm('', 2));
    storms.conflicts = 1_000;
    await expect(desk()(command)).rejects.toThrow('changed again and again');
  });
});
