import { describe, expect, it } from 'vitest';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import type { AttemptContext } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { WaitInput, waitModule } from './wait.js';

const NOON = '2026-11-21T12:00:00.000Z';

function wait(input: unknown, over: Partial<AttemptContext> = {}, clock = new FakeClock(NOON)): Promise<Outcome> {
  const set = waitModule.create({}, { clock, notify: () => Promise.resolve([]) });
  return set.executors['wait']!.execute(WaitInput.parse(input), anAttempt(over));
}

describe('wait', () => {
  it('asks to be called again when its duration is over, and is done then', async () => {
    const clock = new FakeClock(NOON);

    const first = await wait({ duration: '10m' }, { attempt: 1 }, clock);
    await clock.advance(600_000);
    const second = await wait({ duration: '10m' }, { attempt: 2, waited: true }, clock);

    expect(first).toMatchObject({ type: 'waiting', until: '2026-11-21T12:10:00.000Z' });
    expect(second).toMatchObject({ type: 'succeeded', output: { waited_until: '2026-11-21T12:10:00.000Z' } });
  });

  it('waits for an instant in any zone, and asks again when it is called too early', async () => {
    const input = { until: '2026-11-21T20:30:00+08:00' };

    expect(await wait(input)).toMatchObject({ type: 'waiting', until: '2026-11-21T12:30:00.000Z' });
    expect(await wait(input, { attempt: 2, waited: true })).toMatchObject({
      type: 'waiting',
      until: '2026-11-21T12:30:00.000Z',
    });
    expect(await wait(input, { attempt: 3 }, new FakeClock('2026-11-21T12:30:00.000Z'))).toMatchObject({
      type: 'succeeded',
      output: { waited_until: '2026-11-21T12:30:00.000Z' },
    });
  });

  it.each([{ until: '2026-11-21T11:59:59Z' }, { duration: '0s' }])('is over at once with %j', async (input) => {
    expect(await wait(input)).toMatchObject({ type: 'succeeded' });
  });

  it('does not hold up a dry run', async () => {
    expect(await wait({ duration: '2h' }, { dry_run: true })).toMatchObject({
      type: 'succeeded',
      summary: 'would wait 2 h',
    });
  });

  it('refuses an instant that never comes', async () => {
    expect(await wait({ until: '9999-01-01T00:00:00Z' })).toMatchObject({ type: 'failed', retryable: false });
  });

  it.each([{}, { duration: '5m', until: NOON }, { duration: '5 minutes' }, { until: 'tomorrow' }, { seconds: 5 }])(
    'refuses %j',
    (input) => {
      expect(WaitInput.safeParse(input).success).toBe(false);
    },
  );
});
