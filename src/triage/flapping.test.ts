import { describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { anOccurrence } from '../../test/helper/store-world.js';
import type { FlapHistory, Occurrence } from '../domain/triage-store.js';
import { flapHold, flapKey, historyOfFiring, historyOfResolve, withChange } from './flapping.js';

const POLICY = { changes: 6, within_ms: 30 * 60_000, quiet_ms: 10 * 60_000 };
const START = Date.parse('2026-11-21T10:00:00.000Z');
const at = (minutes: number): string => new Date(START + minutes * 60_000).toISOString();
const ALERT = anAlert({ timestamp: at(0) });

/** The occurrence after firings and resolves at these minutes, the first of them a firing. */
function after(minutes: readonly number[]): Occurrence {
  let occurrence = anOccurrence(ALERT, { started_at: at(minutes[0] ?? 0), history: null });
  for (const minute of minutes.slice(1)) {
    const history: FlapHistory | null = occurrence.open
      ? historyOfResolve(occurrence, at(minute), POLICY)
      : historyOfFiring(occurrence, at(minute), POLICY);
    const resolved_at = occurrence.open ? at(minute) : null;
    occurrence = { ...occurrence, open: !occurrence.open, resolved_at, history };
  }
  return occurrence;
}

function heldAt(occurrence: Occurrence, minute: number): string | null {
  return flapHold(ALERT, historyOfFiring(occurrence, at(minute), POLICY), POLICY, at(minute))?.until ?? null;
}

describe('flapping', () => {
  it('is more changes than the limit within the time; the limit itself is none', () => {
    expect(heldAt(after([0, 1, 2, 3, 4]), 4)).toBeNull();
    expect(heldAt(after([0, 1, 2, 3, 4, 5]), 6)).toBe(at(16));
  });

  it('is none when the same changes take longer', () => {
    expect(heldAt(after([0, 6, 12, 18, 24, 30, 36]), 36)).toBeNull();
  });

  it('ends when the condition has stayed as it is for the quiet time, and counts from there', () => {
    const flapping = after([0, 1, 2, 3, 4, 5, 6]);
    expect(heldAt(flapping, 15)).toBe(at(16));
    expect(heldAt(flapping, 16)).toBeNull();
    // Quiet for a quarter of an hour, then one blip: that is three changes, not ten.
    const blip = { ...flapping, open: false, resolved_at: at(20), history: historyOfResolve(flapping, at(20), POLICY) };
    expect(heldAt(blip, 21)).toBeNull();
    expect(historyOfFiring(blip, at(21), POLICY)).toEqual({ changes: [at(6), at(20), at(21)], flapping: false });
  });

  it('goes on while changes come more slowly than it began, until there is a quiet time', () => {
    const slow = after([0, 1, 2, 3, 4, 5, 6, 15, 24, 33, 42]);
    expect(slow.open).toBe(true);
    expect(heldAt(slow, 43)).toBe(at(52));
  });

  it('keeps no more of the history than it takes to tell', () => {
    const minutes = Array.from({ length: 101 }, (_, minute) => minute);
    expect(after(minutes).history?.changes).toHaveLength(POLICY.changes + 1);
  });

  it('says how often, and what it waits for', () => {
    const held = flapHold(ALERT, after([0, 1, 2, 3, 4, 5, 6]).history ?? null, POLICY, at(6));
    expect(held).toMatchObject({ reason: 'flapping', by: `fingerprint:${ALERT.fingerprint}` });
    expect(held?.explanation).toContain(`7 changes between firing and resolved since ${at(0)}`);
    expect(held?.explanation).toContain('when it has fired for 10 min without a change');
  });

  it('remembers a condition beside its occurrences where each of those has an id of its own', () => {
    const events = ['e1', 'e2'].map((occurrence_id) => flapKey(anAlert({ source_system: 'zabbix', occurrence_id })));
    expect(events[0]).toMatch(/^flap:/);
    expect(events[1]).toBe(events[0]);
    expect(flapKey(ALERT)).toBeNull();
    let history: FlapHistory | null = null;
    for (let minute = 0; minute < 7; minute++) history = withChange(history, at(minute), POLICY);
    expect(history?.flapping).toBe(true);
  });
});
