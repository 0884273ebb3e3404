import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../../domain/run/run.js';
import { createEventLog } from './event-log.js';

function anEvent(seq: number): StoredEvent {
  return { seq, run_id: 'R', type: 'alerts_resolved', at: '2026-11-21T10:00:00.000Z' };
}

function seqs(events: readonly StoredEvent[]): number[] {
  return events.map(({ seq }) => seq);
}

describe('an event log', () => {
  it('tells of fifty events that come one by one within a frame once', () => {
    const frames: (() => void)[] = [];
    const log = createEventLog((run) => frames.push(run));
    let told = 0;
    log.subscribe(() => told++);

    for (let seq = 1; seq <= 50; seq++) log.add([anEvent(seq)]);
    for (const frame of frames) frame();

    expect(told).toBe(1);
    expect(log.snapshot()).toHaveLength(50);
  });

  it('has each event once and in order when earlier ones come later, or some come twice', () => {
    const log = createEventLog((run) => run());

    log.add([anEvent(7), anEvent(8)]);
    log.add([anEvent(8), anEvent(9)]);
    log.add([anEvent(1), anEvent(2), anEvent(7)]);

    expect(seqs(log.snapshot())).toEqual([1, 2, 7, 8, 9]);
  });

  it('says nothing when nothing is new, so that nothing is drawn', () => {
    const log = createEventLog((run) => run());
    log.add([anEvent(1), anEvent(2)]);
    const before = log.snapshot();
    let told = 0;
    log.subscribe(() => told++);

    log.add([anEvent(2)]);
    log.add([]);

    expect(told).toBe(0);
    expect(log.snapshot()).toBe(before);
  });

  it('lets the oldest go when there are more than it keeps', () => {
    const log = createEventLog((run) => run(), 3);

    log.add([1, 2, 3, 4, 5].map(anEvent));

    expect(seqs(log.snapshot())).toEqual([3, 4, 5]);
  });
});
