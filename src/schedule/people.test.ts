import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../domain/executor.js';
import type { Run, Step } from '../domain/run/run.js';
import { ok, World } from '../../test/helper/schedule-world.js';
import { approvalSpec, confirmationSpec, peopleModule } from '../executor/people/people.js';
import { SYSTEM_CLOCK } from '../../test/helper/system-clock.js';
import { answerApproval, confirmRun, retryRun, steerRun } from './by-hand.js';
import type { Scheduler } from './scheduler.js';

const ALICE = { by: 'alice', role: 'approver', comment: null } as const;

describe('people in the loop', () => {
  let world: World;
  let scheduler: Scheduler;
  /** What the write's plan finds now. */
  let replicas = 2;
  let identity = 'uid-1';
  let broken = true;

  beforeEach(async () => {
    world = new World();
    replicas = 2;
    identity = 'uid-1';
    broken = true;
    const people = peopleModule.create({}, { clock: SYSTEM_CLOCK, notify: () => Promise.resolve([]) }).executors;
    for (const spec of [approvalSpec, confirmationSpec])
      world.executors.set(spec.kind, { spec, ...people[spec.kind]! }); // the registry binds them the same way
    world.kind('look', 'read', () => ok());
    world.kind('tell', 'notify', () => ok());
    const plan = (): Promise<Plan> =>
      Promise.resolve({
        type: 'change',
        intent: { target: 'shop', what: 'replicas', from: replicas, to: 3, identity },
      });
    const change = { target: 'shop', what: 'replicas', from: 2, to: 3 };
    world.kind('scale', 'write', () => ({ type: 'succeeded', output: { replicas: 3 }, change }), { plan });
    world.kind('push', 'write', () => (broken ? { type: 'in_doubt', reason: 'cut' } : ok()));
    world.kind('flaky', 'read', () => (broken ? { type: 'failed', reason: 'down', retryable: false } : ok()));
    scheduler = await world.scheduler();
  });
  afterEach(() => world.stop());

  const run = (run_id: string): Run => world.memory.run(run_id);
  const step = (run_id: string, step_id: string): Step => run(run_id).steps[step_id]!;
  const did = (): string[] => world.calls.map((call) => call.step_id);

  async function answer(
    run_id: string,
    step_id: string,
    given: 'approve' | 'deny',
    who: { by: string; role: 'approver' | 'admin'; comment: string | null } = ALICE,
  ): Promise<void> {
    const { approval_id } = step(run_id, step_id).approval!;
    await answerApproval(world.memory.store, run_id, { approval_id, step_id, answer: given, ...who }, world.clock);
    scheduler.wake(run_id);
    await world.clock.advance(2_000);
  }

  const SCALE = { id: 'more', type: 'scale' };

  it('asks before every write in mode approve, shows the exact plan, and writes nothing before the yes', async () => {
    world.mode = 'approve';
    const run_id = await world.begin(scheduler, [
      { id: 'see', type: 'look' },
      { ...SCALE, depends_on: ['see'] },
    ]);
    expect(run(run_id).state).toBe('waiting');
    expect(step(run_id, 'more')).toMatchObject({
      state: 'waiting',
      reason: 'approval',
      intent: null,
      approval: { state: 'pending', quorum: 1, plan: { kind: 'scale', target: 'shop', from: 2, to: 3 } },
    });
    expect(did()).toEqual(['see']);
    await answer(run_id, 'more', 'approve');
    expect(did()).toEqual(['see', 'more']);
    expect(run(run_id)).toMatchObject({ state: 'succeeded' });
    expect(step(run_id, 'more').approval?.answers).toMatchObject([{ by: 'alice', answer: 'approve' }]);
  });

  it('takes a no, and no answer in time, for a no: nothing that depends on it is written, whatever run_if says', async () => {
    for (const given of ['deny', 'nothing'] as const) {
      const run_id = await world.begin(scheduler, [
        { ...SCALE, approval: { expires: '10m' }, on_failure: ['continue'] },
        { id: 'again', type: 'scale', depends_on: ['more'], run_if: 'always' },
        { id: 'say', type: 'tell', depends_on: ['again'], run_if: 'always' },
      ]);
      if (given === 'deny') await answer(run_id, 'more', 'deny', { ...ALICE, comment: 'not now' });
      else await world.clock.advance(10 * 60_000);
      expect(world.states(run_id)).toEqual({ more: 'cancelled', again: 'skipped', say: 'succeeded' });
      expect(step(run_id, 'again').reason).toBe('denied');
      expect(run(run_id)).toMatchObject({ state: 'cancelled', outcome: 'handed_over' });
      expect(step(run_id, 'more').approval?.state).toBe(given === 'deny' ? 'denied' : 'expired');
    }
    expect(did()).toEqual(['say', 'say']);
  });

  it('asks once where the task is a question itself, on the terms that stand in its approval', async () => {
    const terms = { approvers: ['alice', 'bob'], quorum: 2, expires: '1h' };
    const run_id = await world.begin(scheduler, [
      { id: 'ok', type: 'approval', approval: terms, parameters: { quorum: 1 } },
      { ...SCALE, depends_on: ['ok'] },
    ]);
    const asked = step(run_id, 'ok').approval;
    expect(asked).toMatchObject({ state: 'pending', approvers: ['alice', 'bob'], quorum: 1, plan: null });
    expect(Date.parse(asked?.expires_at ?? '') - Date.parse(asked?.requested_at ?? '')).toBe(3_600_000);
    await answer(run_id, 'ok', 'approve');
    expect(run(run_id)).toMatchObject({ state: 'succeeded' });
    expect(did()).toEqual(['more']);
  });

  it('says of a list which item people said no to, though nobody cancelled the run and another step still waits', async () => {
    const run_id = await world.begin(scheduler, [
      { ...SCALE, foreach: ['a', 'b'], max_parallel: 2, approval: {} },
      { id: 'other', type: 'approval' },
    ]);
    await world.clock.advance(100);
    await answer(run_id, 'more[0]', 'approve');
    await answer(run_id, 'more[1]', 'deny');
    expect(run(run_id)).toMatchObject({ state: 'waiting', reason: 'approval' });
    expect(step(run_id, 'more')).toMatchObject({ state: 'cancelled', message: 'more[1]: denied by alice' });
  });

  it('asks again when what was approved was deleted, and another one bears its name', async () => {
    const run_id = await world.begin(scheduler, [{ ...SCALE, approval: {} }]);
    const first = step(run_id, 'more').approval!;
    identity = 'uid-2';
    await answer(run_id, 'more', 'approve');
    const second = step(run_id, 'more').approval!;
    expect(second).toMatchObject({ state: 'pending', plan: { from: 2, to: 3, identity: 'uid-2' } });
    expect(second.approval_id).not.toBe(first.approval_id);
    expect(second.message).toContain('it was deleted and made anew since it was approved');
    expect(did()).toEqual([]);
    await answer(run_id, 'more', 'approve');
    expect(did()).toEqual(['more']);
  });

  it('asks again when what would be changed is not any more what was approved', async () => {
    const run_id = await world.begin(scheduler, [{ ...SCALE, approval: {} }]);
    const first = step(run_id, 'more').approval!;
    replicas = 1;
    await answer(run_id, 'more', 'approve');
    const second = step(run_id, 'more').approval!;
    expect(second.approval_id).not.toBe(first.approval_id);
    expect(second).toMatchObject({ state: 'pending', plan: { from: 1, to: 3 } });
    expect(second.message).toContain('changed since it was approved');
    expect(did()).toEqual([]);
    await answer(run_id, 'more', 'approve');
    expect(did()).toEqual(['more']);
  });

  it('counts each approver once, holds to the list, and lets nobody approve what they started', async () => {
    const approval = { approvers: ['alice', 'bob', 'carol', 'admin'], quorum: 2 };
    const run_id = await world.begin(scheduler, [{ ...SCALE, approval }], {}, { requested_by: 'carol' });
    const given = (by: string, role: 'approver' | 'admin' = 'approver') =>
      answer(run_id, 'more', 'approve', { by, role, comment: null });
    await expect(given('mallory')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(given('carol')).rejects.toMatchObject({ code: 'forbidden' });
    await given('alice');
    await expect(given('alice')).rejects.toMatchObject({ code: 'conflict' });
    expect(did()).toEqual([]);
    await given('root', 'admin');
    expect(did()).toEqual(['more']);
    await expect(given('bob')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('approved'),
    });
  });

  it('has approvals of their own, and what depends on one that failed or could not be judged is not written', async () => {
    const asked = [
      { id: 'ask', type: 'approval', parameters: { message: 'Scale?' }, on_failure: ['continue'] },
      { ...SCALE, depends_on: ['ask'], run_if: 'always' },
    ];
    const denied = await world.begin(scheduler, asked);
    await answer(denied, 'ask', 'deny');
    expect(world.states(denied)).toEqual({ ask: 'failed', more: 'skipped' });
    const yes = await world.begin(scheduler, asked);
    await answer(yes, 'ask', 'approve');
    expect(step(yes, 'ask').output).toEqual({ approved: true, by: ['alice'], comments: [null] });
    expect(did()).toEqual(['more']);
    const broken = await world.begin(scheduler, [
      { id: 'see', type: 'look' },
      { ...asked[0], depends_on: ['see'], conditions: ['{{ steps.see.output.missing > 3 }}'] },
      { ...SCALE, depends_on: ['ask'] },
    ]);
    expect(world.states(broken)).toEqual({ see: 'succeeded', ask: 'skipped', more: 'skipped' });
    const unneeded = await world.begin(scheduler, [
      { ...asked[0], conditions: ['{{ 1 > 3 }}'] },
      { ...SCALE, depends_on: ['ask'] },
    ]);
    expect(world.states(unneeded)).toEqual({ ask: 'skipped', more: 'succeeded' });
  });

  it('keeps a question over a restart, and costs nothing meanwhile', async () => {
    const run_id = await world.begin(scheduler, [{ ...SCALE, approval: { expires: '6h' } }], { timeout: '8h' });
    await scheduler.stop();
    scheduler = await world.scheduler('w', '2');
    await world.clock.advance(4 * 3_600_000);
    expect(scheduler.size).toBe(0);
    await answer(run_id, 'more', 'approve');
    await world.clock.advance(2_000);
    expect(did()).toEqual(['more']);
    expect(run(run_id).state).toBe('succeeded');
  });

  it('asks nobody where nothing is written', async () => {
    world.mode = 'shadow';
    const run_id = await world.begin(scheduler, [
      { id: 'ask', type: 'approval' },
      { ...SCALE, approval: {}, depends_on: ['ask'] },
    ]);
    expect(run(run_id)).toMatchObject({ state: 'succeeded', outcome: 'nothing_done' });
  });

  it('withdraws a question about a write when the alert has resolved', async () => {
    const run_id = await world.begin(scheduler, [{ ...SCALE, approval: {} }]);
    const alert = { alert_id: '1' } as never;
    world.memory.setAlerts(run_id, { alerts: [alert], firing: false });
    await world.clock.advance(2_000);
    expect(step(run_id, 'more')).toMatchObject({ state: 'skipped', reason: 'alert_resolved' });
    expect(step(run_id, 'more').approval?.state).toBe('withdrawn');
  });

  it('takes the answer to "is it solved?" for the outcome', async () => {
    for (const solved of [true, false, null]) {
      const run_id = await world.begin(scheduler, [SCALE, { id: 'ok', type: 'confirmation', depends_on: ['more'] }]);
      expect(run(run_id).state).toBe('waiting');
      if (solved === null) await world.clock.advance(15 * 60_000 + 2_000);
      else {
        const said = { by: 'alice', step_id: null, solved, done: null, comment: null };
        await confirmRun(world.memory.store, run_id, said, world.clock);
        scheduler.wake(run_id);
        await world.clock.advance(2_000);
      }
      const outcome = solved === null ? 'unverified' : solved ? 'verified' : 'not_fixed';
      expect(run(run_id)).toMatchObject({ state: 'succeeded', outcome });
    }
  });

  it('lets somebody say later whether a run has solved it', async () => {
    const run_id = await world.begin(scheduler, [SCALE]);
    const said = { by: 'alice', step_id: null, solved: false, done: null, comment: 'still slow' };
    await confirmRun(world.memory.store, run_id, said, world.clock);
    expect(run(run_id)).toMatchObject({ state: 'succeeded', outcome: 'not_fixed' });
  });

  it('hands a write in doubt to a person, who says whether it took place', async () => {
    const begin = async (): Promise<string> => {
      const run_id = await world.begin(scheduler, [{ id: 'push', type: 'push' }]);
      await world.clock.advance(100);
      return run_id;
    };
    const say = async (run_id: string, done: boolean | null) => {
      const said = { by: 'alice', step_id: 'push', solved: null, done, comment: null };
      await confirmRun(world.memory.store, run_id, said, world.clock);
      scheduler.wake(run_id);
      await world.clock.advance(2_000);
    };
    const done = await begin();
    await expect(say(done, null)).rejects.toMatchObject({ code: 'invalid' });
    await say(done, true);
    expect(run(done)).toMatchObject({ state: 'succeeded', outcome: 'unverified' });
    const notDone = await begin();
    broken = false;
    await say(notDone, false);
    expect(step(notDone, 'push')).toMatchObject({ state: 'succeeded', attempts: [{ outcome: 'in_doubt' }, {}] });
    expect(did()).toEqual(['push', 'push', 'push']);
  });

  it('says of a run that waits for what it waits, until somebody has answered', async () => {
    const doubtful = await world.begin(scheduler, [{ id: 'push', type: 'push' }]);
    const asking = await world.begin(scheduler, [{ id: 'ok', type: 'approval' }]);
    await world.clock.advance(100);
    expect(run(doubtful)).toMatchObject({ state: 'waiting', reason: 'in_doubt' });
    expect(run(asking)).toMatchObject({ state: 'waiting', reason: 'approval' });

    await steerRun(world.memory.store, asking, { type: 'pause', by: 'ann', reason: 'lunch' }, world.clock);
    expect(run(asking)).toMatchObject({ state: 'paused', reason: 'lunch' });
    await steerRun(world.memory.store, asking, { type: 'resume', by: 'ann', reason: null }, world.clock);
    expect(run(asking)).toMatchObject({ state: 'waiting', reason: 'approval' });
    await answer(asking, 'ok', 'approve');
    expect(run(asking)).toMatchObject({ state: 'succeeded', reason: null });
  });

  it('says who cancelled where nothing is said of why, and what can be tried again where nothing can', async () => {
    const run_id = await world.begin(scheduler, [{ id: 'ok', type: 'approval' }]);
    await world.clock.advance(100);
    const again = retryRun(world.memory.store, run_id, { by: 'ann', step_id: null, reason: null }, world.clock);
    await expect(again).rejects.toMatchObject({
      code: 'conflict',
      message: `run ${run_id} is waiting; only a run that has ended is tried again, or a write in doubt`,
    });

    await steerRun(world.memory.store, run_id, { type: 'cancel', by: 'ann', reason: ' ' }, world.clock);
    scheduler.wake(run_id);
    await world.clock.advance(2_000);
    expect(run(run_id)).toMatchObject({ state: 'cancelled', reason: 'cancelled by ann' });
    expect(step(run_id, 'ok').message).toBe('cancelled by ann');
  });

  it('never takes an answer to one question for an answer to another', async () => {
    const tell = (run_id: string, solved: boolean | null, done: boolean | null) =>
      confirmRun(world.memory.store, run_id, { by: 'alice', step_id: null, solved, done, comment: null }, world.clock);
    const doubtful = await world.begin(scheduler, [{ id: 'push', type: 'push' }]);
    const asking = await world.begin(scheduler, [{ id: 'ok', type: 'confirmation' }]);
    await world.clock.advance(100);

    for (const solved of [true, false])
      await expect(tell(doubtful, solved, null)).rejects.toMatchObject({
        code: 'invalid',
        details: [{ path: 'done' }],
      });
    await expect(tell(asking, null, true)).rejects.toMatchObject({ code: 'invalid', details: [{ path: 'solved' }] });
    expect([step(doubtful, 'push').reason, step(asking, 'ok').reason]).toEqual(['in_doubt', 'confirmation']);

    const both = await world.begin(scheduler, [
      { id: 'push', type: 'push' },
      { id: 'ok', type: 'confirmation' },
    ]);
    await world.clock.advance(100);
    await tell(both, false, null);
    scheduler.wake(both);
    await world.clock.advance(2_000);
    expect(world.states(both)).toEqual({ push: 'waiting', ok: 'succeeded' });
    await tell(both, true, true);
    scheduler.wake(both);
    await world.clock.advance(2_000);
    expect(run(both)).toMatchObject({ state: 'succeeded', outcome: 'not_fixed' });
    await expect(tell(both, null, true)).rejects.toMatchObject({ code: 'invalid', details: [{ path: 'solved' }] });
  });

  it('tries again what failed and what was left out for it, and nothing that was done', async () => {
    const run_id = await world.begin(scheduler, [
      SCALE,
      { id: 'check', type: 'flaky', depends_on: ['more'] },
      { id: 'say', type: 'tell', depends_on: ['check'] },
    ]);
    await world.clock.advance(100);
    expect(run(run_id)).toMatchObject({ state: 'failed', outcome: 'unverified' });
    const again = () => retryRun(world.memory.store, run_id, { by: 'alice', step_id: null, reason: null }, world.clock);
    await world.clock.advance(3_600_000);
    broken = false;
    await again();
    await world.clock.advance(2_000);
    expect(world.states(run_id)).toEqual({ more: 'succeeded', check: 'succeeded', say: 'succeeded' });
    expect(run(run_id)).toMatchObject({ state: 'succeeded', reason: null, outcome: 'unverified' });
    expect(did()).toEqual(['more', 'check', 'check', 'say']);
    await expect(again()).rejects.toMatchObject({ code: 'conflict' });
  });
});
