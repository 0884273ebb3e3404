import { describe, expect, it } from 'vitest';
import type { IncidentEntry, IncidentEntryType } from '../../../domain/incident/incident.js';
import { linesOf, mergedHere } from './lines.js';

function entry(type: IncidentEntryType, message = '', who = 'fixpoint'): IncidentEntry {
  return { at: '2026-11-22T00:00:00.000Z', type, who, message, alert_id: null, run_id: null };
}

describe('the lines of a timeline', () => {
  it('stand the newest first and keep their ids when others come', () => {
    const before = [entry('opened'), entry('note', 'a', 'ann')];
    const after = [...before, entry('resolved')];

    expect(linesOf(after, '').map(({ entry: { type } }) => type)).toEqual(['resolved', 'note', 'opened']);
    expect(linesOf(after, '').slice(1)).toEqual(linesOf(before, ''));
  });

  it('fold four of a kind in a row into one, and leave three as they are', () => {
    const three = Array.from({ length: 3 }, () => entry('alert_joined'));

    expect(linesOf(three, '')).toHaveLength(3);
    const [line, ...rest] = linesOf([...three, entry('alert_joined')], '');
    expect(rest).toEqual([]);
    expect(line?.folded).toHaveLength(4);
  });

  it('never fold what people wrote', () => {
    const notes = Array.from({ length: 9 }, (_, index) => entry('note', String(index), 'ann'));

    expect(linesOf(notes, '').every(({ folded }) => folded === null)).toBe(true);
    expect(linesOf([entry('alert_joined'), ...notes], 'people')).toHaveLength(9);
    expect(linesOf([entry('alert_joined'), ...notes], 'alerts')).toHaveLength(1);
  });

  it('name each younger incident that went into this one, once', () => {
    const id = '01M80A2CX0P4MYPNJNRY7Y0000';
    const merged = entry('merged', `with incident ${id}: their services are connected`);

    expect(mergedHere([merged, merged, entry('note', `with incident ${id}: x`, 'ann')], 'other')).toEqual([
      { incident_id: id, at: merged.at },
    ]);
    expect(mergedHere([entry('merged', `into incident ${id}: their services are connected`)], 'other')).toEqual([]);
  });
});
