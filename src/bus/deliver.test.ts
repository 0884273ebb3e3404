import { describe, expect, it } from 'vitest';
import type { AlertBatch } from '../domain/bus.js';
import { FixpointError } from '../domain/errors.js';
import { SILENT_LOG } from '../domain/log.js';
import { anAlert } from '../../test/helper/an-alert.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { deliver, isOutage } from './deliver.js';
import type { Delivery } from './deliver.js';

function aBatch(...names: string[]): AlertBatch {
  return { batch_id: '01KAJ00000000000000000', alerts: names.map((alert_name) => anAlert({ alert_name })) };
}

/** A delivery whose handler is `handler`, on a clock that is moved until the delivery has ended. */
async function run(batch: AlertBatch, handler: (batch: AlertBatch) => Promise<void>, over: Partial<Delivery> = {}) {
  const clock = new FakeClock();
  const outcomes: string[] = [];
  const meter = { handled: (_seconds: number, outcome: string) => void outcomes.push(outcome) };
  const signal = new AbortController().signal;
  let fate: Awaited<ReturnType<typeof deliver>> | undefined;
  const done = deliver(batch, { handler, clock, meter, log: SILENT_LOG, max_tries: 3, signal, ...over }).then(
    (answer) => {
      fate = answer;
    },
  );
  for (let second = 0; second < 600 && fate === undefined; second += 1) await clock.advance(1000);
  await done;
  return { fate: fate!, outcomes, seconds: (clock.now() - new FakeClock().now()) / 1000 };
}

describe('deliver', () => {
  it('hands a batch over once when its handler takes it', async () => {
    const { fate, outcomes } = await run(aBatch('a', 'b'), async () => {});

    expect(fate).toEqual([]);
    expect(outcomes).toEqual(['ok']);
  });

  it('hands it over again when the handler rejects, and forgets the failure when it then works', async () => {
    let calls = 0;

    const { fate, outcomes } = await run(aBatch('a'), async () => {
      calls += 1;
      if (calls < 3) throw new Error('deadlock detected');
    });

    expect(fate).toEqual([]);
    expect(outcomes).toEqual(['error', 'error', 'ok']);
  });

  it('gives up the one alert that spoils a batch, and only that one', async () => {
    const decided: string[] = [];

    const { fate } = await run(aBatch('good', 'poison', 'late'), async ({ alerts }) => {
      if (alerts.some((alert) => alert.alert_name === 'poison')) throw new Error('label too strange');
      decided.push(...alerts.map((alert) => alert.alert_name));
    });

    expect(decided).toEqual(['good', 'late']);
    expect(fate).toMatchObject([{ batch: { alerts: [{ alert_name: 'poison' }] }, reason: 'label too strange' }]);
  });

  it('ends: an alert that always fails is tried as often as allowed', async () => {
    let calls = 0;

    const { fate } = await run(aBatch('a'), async () => {
      calls += 1;
      throw new Error('no');
    });

    expect(calls).toBe(3);
    expect(fate).toMatchObject([{ reason: 'no', tries: 3 }]);
  });

  it('waits out an outage of the store, however long, and gives nothing up', async () => {
    let calls = 0;

    const { fate } = await run(aBatch('a'), async () => {
      calls += 1;
      if (calls < 40) throw new FixpointError('unavailable', 'the database is away');
    });

    expect(fate).toEqual([]);
    expect(calls).toBe(40);
  });

  it('gives up an alert that is refused for ever, and decides the others', async () => {
    const decided: string[] = [];

    const { fate } = await run(aBatch('good', 'refused'), async ({ alerts }) => {
      if (alerts.some((alert) => alert.alert_name === 'refused'))
        throw new FixpointError('conflict', 'what they depend on changed 10 times in a row');
      decided.push(...alerts.map((alert) => alert.alert_name));
    });

    expect(decided).toEqual(['good']);
    expect(fate).toMatchObject([{ batch: { alerts: [{ alert_name: 'refused' }] }, tries: 2 }]);
  });

  it('pauses longer after each failure, up to five seconds', async () => {
    let calls = 0;
    const { seconds } = await run(aBatch('a'), async () => {
      calls += 1;
      if (calls <= 20) throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    });

    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThan(110);
  });

  it('stops between two tries when the batch is no longer ours', async () => {
    const lost = new AbortController();
    let calls = 0;

    const { fate } = await run(
      aBatch('a'),
      async () => {
        calls += 1;
        lost.abort();
        throw new Error('no');
      },
      { signal: lost.signal },
    );

    expect(fate).toBe('stopped');
    expect(calls).toBe(1);
  });
});

describe('isOutage', () => {
  it.each([
    ['a refused connection', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), true],
    ['a server that shuts down', Object.assign(new Error('x'), { code: '57P01' }), true],
    ['too many connections', Object.assign(new Error('x'), { code: '53300' }), true],
    ['an unavailable store as the cause', new Error('x', { cause: new FixpointError('unavailable', 'y') }), true],
    ['a violated constraint', Object.assign(new Error('x'), { code: '23505' }), false],
    ['an invalid alert', new FixpointError('invalid', 'x'), false],
    ['a decision that is refused again and again', new FixpointError('conflict', 'x'), false],
    ['a bug', new TypeError('x is not a function'), false],
    ['no error at all', 'text', false],
  ])('tells %s', (_what, error, expected) => {
    expect(isOutage(error)).toBe(expected);
  });
});
