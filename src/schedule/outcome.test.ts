import { afterEach, describe, expect, it } from 'vitest';
import { ok, World } from '../../test/helper/schedule-world.js';
import type { Outcome } from '../domain/run/outcome.js';
import type { Run } from '../domain/run/run.js';

const IN_DOUBT: Outcome = { type: 'in_doubt', reason: 'cut off' };
const REFUSED: Outcome = { type: 'failed', reason: 'refused', retryable: false };

describe('the outcome of a run', () => {
  let world = new World();
  afterEach(async () => {
    await world.stop();
    world = new World();
  });

  /** Runs one write, whose attempts end as told, and answers the run when it has ended. */
  async function runOf(task: Record<string, unknown>, ...ends: Outcome[]): Promise<Run> {
    world.kind('write', 'write', () => ends.shift() ?? ok());
    const id = await world.begin(await world.scheduler(), [
      { id: 'act', type: 'write', on_failure: 'continue', ...task },
    ]);
    await world.clock.advance(60_000);
    return world.memory.run(id);
  }

  it('is not that nothing was done when a write that failed may have taken place', async () => {
    const run = await runOf({ in_doubt: 'fail' }, IN_DOUBT);
    expect(run).toMatchObject({ state: 'succeeded', outcome: 'handed_over' });
    expect(run.steps['act']?.attempts).toMatchObject([{ outcome: 'in_doubt' }]);
  });

  it('is not that nothing was done when an earlier attempt may have been more than that', async () => {
    const retry = { max_attempts: 2, initial_delay: '1s' };
    expect(await runOf({ in_doubt: 'retry', retry }, IN_DOUBT, REFUSED)).toMatchObject({ outcome: 'handed_over' });
  });

  it('is not that nothing was done when what was done twice without a question failed in the end', async () => {
    const retry = { max_attempts: 2, initial_delay: '1s' };
    const run = await runOf({ idempotent: true, retry }, IN_DOUBT, IN_DOUBT);
    expect(run).toMatchObject({ outcome: 'handed_over' });
    expect(run.steps['act']?.attempts).toHaveLength(2);
  });

  it('is unverified when a second attempt finds nothing left to change', async () => {
    const retry = { max_attempts: 2, initial_delay: '1s' };
    expect(await runOf({ in_doubt: 'retry', retry }, IN_DOUBT, ok())).toMatchObject({ outcome: 'unverified' });
  });

  it('is that nothing was done when a write was refused, and the run went on', async () => {
    expect(await runOf({}, REFUSED)).toMatchObject({ state: 'succeeded', outcome: 'nothing_done' });
  });

  it('ends the tries of a write in doubt after as many as there may be', async () => {
    const retry = { max_attempts: 3, initial_delay: '1s' };
    const run = await runOf({ in_doubt: 'retry', retry }, IN_DOUBT, IN_DOUBT, IN_DOUBT, IN_DOUBT);
    expect(run.steps['act']).toMatchObject({ state: 'failed', attempts: { length: 3 } });
  });
});
