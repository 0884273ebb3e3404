import { afterEach, beforeEach, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import type { Alert } from '../domain/alert/alert.js';
import type { AlertBatch } from '../domain/bus.js';
import { idOf } from '../domain/id.js';
import { SILENT_LOG } from '../domain/log.js';
import { MemoryBus } from './memory.js';

let clock = new FakeClock();
const waiting = new Map<string, Alert>();
const decided: string[] = [];
/** What the handler says of a batch; nothing means that it takes it. */
const refusals: Error[] = [];
/** What the queue says when an alert is given up; nothing means that it is settled. */
const unsettled: Error[] = [];
const dead: string[] = [];
/** Called once, when the queue has looked for what is due, and before it says what it found. */
let whenLooked: (() => Promise<void>) | null = null;
let bus = aBus();

beforeEach(() => {
  clock = new FakeClock();
  waiting.clear();
  decided.length = 0;
  refusals.length = 0;
  unsettled.length = 0;
  dead.length = 0;
  bus = aBus();
});
afterEach(() => bus.stop());

function aBus(): MemoryBus {
  return new MemoryBus({
    queue: {
      keep: (alerts) => {
        for (const alert of alerts) waiting.set(alert.alert_id, alert);
        return Promise.resolve();
      },
      due: async () => {
        const found = [...waiting.values()];
        const look = whenLooked;
        whenLooked = null;
        await look?.();
        return found;
      },
      countUndecided: () => Promise.resolve(waiting.size),
      giveUp: ({ alert_id }) => {
        const refusal = unsettled.shift();
        if (refusal) return Promise.reject(refusal);
        waiting.delete(alert_id);
        return Promise.resolve();
      },
    },
    clock,
    log: SILENT_LOG,
    meter: { handled: () => undefined },
    maxTries: 3,
    onDead: ({ alert }) => {
      dead.push(alert.alert_id);
      return Promise.resolve();
    },
  });
}

function aBatch(batch_id: string): AlertBatch {
  return { batch_id, alerts: [anAlert({ alert_id: idOf(batch_id, 0), fingerprint: 'the same' })] };
}

function idsOf(...batches: AlertBatch[]): string[] {
  return batches.flatMap((batch) => batch.alerts.map((alert) => alert.alert_id));
}

function decide({ alerts }: AlertBatch): Promise<void> {
  const refusal = refusals.shift();
  if (refusal) return Promise.reject(refusal);
  for (const alert of alerts) {
    waiting.delete(alert.alert_id);
    decided.push(alert.alert_id);
  }
  return Promise.resolve();
}

const [first, second, third] = ['1', '2', '3'].map((number) => aBatch(`01KAJ0000000000000000${number}`)) as [
  AlertBatch,
  AlertBatch,
  AlertBatch,
];

it('lets nothing overtake a batch that was put into the queue while the queue was being looked through', async () => {
  await bus.subscribe(decide);
  await clock.advance(0);
  refusals.push(new Error('not now'));
  whenLooked = () => bus.publish(first);
  await clock.advance(1_000);
  expect([...waiting.keys()]).toEqual(idsOf(first));

  await bus.publish(second);
  await clock.advance(1_000);

  expect(decided).toEqual(idsOf(first, second));
});

it('lets nothing overtake what an earlier process left, while that is being decided', async () => {
  for (const alert of [...first.alerts, ...second.alerts]) waiting.set(alert.alert_id, alert);
  let during: Promise<void> | null = null;
  await bus.subscribe(async (batch) => {
    during ??= bus.publish(third);
    await during;
    return decide(batch);
  });

  await clock.advance(1_000);

  expect(decided).toEqual(idsOf(first, second, third));
});

it('puts an alert among the dead letters once, however often it cannot be settled after that', async () => {
  for (const alert of first.alerts) waiting.set(alert.alert_id, alert);
  refusals.push(...Array.from({ length: 60 }, () => new Error('never')));
  unsettled.push(new Error('its row is locked'), new Error('its row is locked'));
  await bus.subscribe(decide);

  for (let second = 0; second < 20 && waiting.size > 0; second += 1) await clock.advance(1_000);

  expect(waiting.size).toBe(0);
  expect(unsettled).toEqual([]);
  expect(dead).toEqual(idsOf(first));
});
