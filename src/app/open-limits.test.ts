import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { Settings } from '../config.js';
import { createIds } from '../domain/id.js';
import { SILENT_LOG } from '../domain/log.js';
import type { Store } from '../domain/store.js';
import { openLimits } from './open-limits.js';

function open(written: unknown, names: readonly string[] = ['slack']) {
  const clock = new FakeClock();
  const ids = createIds(
    () => clock.now(),
    (bytes) => new Uint8Array(bytes),
  );
  return openLimits(Settings.parse(written), {
    store: {} as Store, // nothing is asked of it before something is started
    notifiers: { names, default_names: names },
    metrics: { stormLevel: () => undefined },
    clock,
    ids,
    log: SILENT_LOG,
  });
}

describe('what is configured of limits', () => {
  it('is nothing but flap detection unless it is set', async () => {
    const { limits, start } = open({});
    expect(limits).toMatchObject({
      storm: null,
      flapping: { changes: 6, within_ms: 1_800_000, quiet_ms: 600_000 },
      grouping: { by: null, wait_ms: 0, interval_ms: 0 },
    });
    expect(limits.unmatched.size).toBe(0);
    const stop = await start(new Set(['ingest', 'triage', 'schedule']));
    await stop();
  });

  it('is switched off by 0', () => {
    expect(open({ flapping: { changes: 0 } }).limits.flapping).toBeNull();
    expect(open({ storm: { starts_per_minute: 0, per_service: { alerts_per_minute: 0 } } }).limits.storm).toBeNull();
    expect(open({ storm: { per_service: { alerts_per_minute: 5 } } }).limits.storm).not.toBeNull();
  });

  it('takes a list of channels, or channels and severities', () => {
    expect([...open({ notify_unmatched: ['slack'] }).limits.unmatched]).toEqual(['critical']);
    const both = { notify: ['slack'], severity: ['critical', 'warning'] };
    expect([...open({ notify_unmatched: both }).limits.unmatched]).toEqual(['critical', 'warning']);
  });

  it('refuses channels that there are not, naming the key', () => {
    expect(() => open({ notify_unmatched: ['slack', 'slak'] })).toThrow(
      'notify_unmatched[1]: there is no channel slak under notifiers (did you mean slack?)',
    );
    expect(() => open({ storm: { notify: ['email'] } })).toThrow('storm.notify[0]: there is no channel email');
  });

  it('refuses what cannot be meant', () => {
    const refused = [{ flapping: { changes: 2 } }, { storm: { notify_only_at: 0.5 } }, { notify_unmatched: [] }];
    for (const written of refused) expect(Settings.safeParse(written).success).toBe(false);
  });
});
