import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { BatchDemand } from '../triage/storm.js';
import { MemoryStorm } from './memory-storm.js';

const POLICY = {
  overall: { starts_per_minute: 0, alerts_per_minute: 0 },
  per_service: { starts_per_minute: 1, alerts_per_minute: 0 },
  notify_only_at: 4,
  calm_ms: 60_000,
};

function starts(count: number): BatchDemand {
  const demand = new BatchDemand();
  for (let n = 0; n < count; n++) demand.add('starts', 'shop');
  return demand;
}

describe('the storm of a rehearsal', () => {
  it('is told in the words of a real one: of which service, since when, and only limits that there are', async () => {
    const clock = new FakeClock();
    const storm = new MemoryStorm(POLICY, clock);
    const since = new Date(clock.now()).toISOString();

    expect(storm.look('shop', starts(2))).toEqual({
      level: 1,
      by: 'storm:shop',
      explanation: `storm of shop, level 1 since ${since}: 2 runs to start (limit 1) within a minute`,
    });
    await clock.advance(30_000);
    expect(storm.look('shop', starts(1))).toEqual({
      level: 1,
      by: 'storm:shop',
      explanation: `storm of shop, level 1 since ${since}: 1 run to start (limit 1) within a minute`,
    });
    expect(storm.look('other', starts(1))).toEqual({ level: 0, by: 'storm', explanation: '' });
  });
});
