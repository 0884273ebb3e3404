import { MemoryBus } from '../../src/bus/memory.js';
import type { Alert } from '../../src/domain/alert/alert.js';
import type { Bus } from '../../src/domain/bus.js';
import { FixpointError } from '../../src/domain/errors.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { busSuite } from './bus-suite.js';

/** The durable queue as the store keeps it: alerts by id, until they are decided. */
function aQueue() {
  const waiting = new Map<string, Alert>();
  let away = false;
  const refuseWhenAway = (): void => {
    if (away) throw new FixpointError('unavailable', 'the database is away');
  };
  return {
    setAway: (value: boolean) => (away = value),
    decide: (alerts: readonly Alert[]) => {
      refuseWhenAway();
      for (const alert of alerts) waiting.delete(alert.alert_id);
    },
    queue: {
      keep: async (alerts: readonly Alert[]) => {
        await Promise.resolve();
        refuseWhenAway();
        for (const alert of alerts) waiting.set(alert.alert_id, alert);
      },
      due: async () => {
        await Promise.resolve();
        refuseWhenAway();
        return [...waiting.values()].sort((a, b) => (a.alert_id < b.alert_id ? -1 : 1));
      },
      countUndecided: () => Promise.resolve(waiting.size),
      giveUp: async ({ alert_id }: Alert) => {
        await Promise.resolve();
        waiting.delete(alert_id);
      },
    },
  };
}

busSuite('the in-process bus', () => {
  const { queue, decide, setAway } = aQueue();
  const dead: { alert_id: string; reason: string }[] = [];
  const buses: Bus[] = [];
  function open(): Bus {
    const bus = new MemoryBus({
      queue,
      clock: SYSTEM_CLOCK,
      log: SILENT_LOG,
      meter: { handled: () => undefined },
      maxTries: 3,
      onDead: ({ alert, reason }) => Promise.resolve(void dead.push({ alert_id: alert.alert_id, reason })),
    });
    buses.push(bus);
    return bus;
  }
  return Promise.resolve({
    bus: open(),
    reopen: () => Promise.resolve(open()),
    cut: () => {
      setAway(true);
      return Promise.resolve(() => Promise.resolve(void setAway(false)));
    },
    decide: (batch) => Promise.resolve(decide(batch.alerts)),
    dead: () => dead,
    close: async () => void (await Promise.all(buses.map((bus) => bus.stop()))),
  });
});
