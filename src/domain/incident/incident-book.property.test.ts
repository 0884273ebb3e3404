import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant } from '../clock.js';
import { IncidentBook } from './incident-book.js';
import { firingCount } from './incident-change.js';
import { createConnections } from './incident-connections.js';
import type { FoundIncident, Member, Sighting } from './incident-member.js';
import { obey } from './incident-command.js';
import { IncidentsConfig } from './incident-rules.js';
import type { IncidentRules } from './incident-rules.js';

const SERVICES = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** What can happen: alerts fire and resolve, get worse, time goes by, people act, somebody looks. */
const Step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('fire' as const),
      service: fc.integer({ min: 0, max: 6 }),
      severity: fc.constantFrom(...SEVERITIES),
      counts: fc.constantFrom('opens' as const, 'opens' as const, 'joins' as const, 'none' as const),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('end' as const), which: fc.nat(30) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('worsen' as const),
      which: fc.nat(30),
      severity: fc.constantFrom(...SEVERITIES),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('look' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('act' as const),
      which: fc.nat(10),
      what: fc.constantFrom('acknowledge' as const, 'resolve' as const),
    }),
  },
);
const Edges = fc.array(fc.tuple(fc.constantFrom(...SERVICES), fc.constantFrom(...SERVICES)), {
  maxLength: 8,
  size: 'max',
});

/** Incidents in memory, as a store would keep them between two looks. */
class Memory {
  readonly incidents = new Map<string, FoundIncident>();
  readonly members = new Map<string, Member>();
  now = Date.parse('2026-11-21T10:00:00.000Z');
  readonly #rules: IncidentRules;
  #ids = 0;

  constructor(rules: IncidentRules) {
    this.#rules = rules;
  }

  change(work: (book: IncidentBook) => void): void {
    const book = new IncidentBook({
      rules: this.#rules,
      now: instant(this.now),
      newId: () => `incident-${String((this.#ids += 1)).padStart(4, '0')}`,
      keyOf: (service) => `service:${service}`,
      // What is kept is text: nothing may depend on the very objects.
      incidents: structuredClone([...this.incidents.values()]),
      members: structuredClone([...this.members.values()]),
    });
    work(book);
    for (const { from, into } of book.merges)
      for (const member of this.members.values()) if (member.incident_id === from) member.incident_id = into;
    for (const { record, keys } of book.changed)
      this.incidents.set(record.incident_id, {
        record,
        keys: keys ?? this.incidents.get(record.incident_id)?.keys ?? [],
      });
    for (const member of book.changedMembers) this.members.set(`${member.occurrence_key} ${member.alert_id}`, member);
  }

  get open() {
    return [...this.incidents.values()].filter(({ record }) => record.state !== 'resolved');
  }
}

function rulesOf(edges: readonly (readonly [string, string])[], depth: number): IncidentRules {
  const calls: Record<string, string[]> = {};
  for (const [from, to] of edges) (calls[from] ??= []).push(to);
  const config = IncidentsConfig.parse({ depth, reopen_within: '30m' });
  return { config, connected: createConnections(calls, depth), compose: null };
}

/** Never two open incidents of connected services, and every count is what its alerts say. */
function check(memory: Memory, rules: IncidentRules): void {
  const owners = new Map<string, string>();
  for (const { record, keys } of memory.open)
    for (const { key } of keys) {
      expect(owners.get(key)).toBeUndefined();
      owners.set(key, record.incident_id);
    }
  for (const { record, keys } of memory.open)
    for (const { service_name } of keys)
      for (const near of service_name === null ? [] : rules.connected(service_name)) {
        const other = owners.get(`service:${near}`);
        if (other !== undefined) expect([near, other]).toEqual([near, record.incident_id]);
      }
  for (const { record } of memory.incidents.values()) {
    const own = [...memory.members.values()].filter((member) => member.incident_id === record.incident_id);
    const count = record.merged_into === null ? own.length : 0;
    expect([record.incident_id, own.length]).toEqual([record.incident_id, count]);
    expect(firingCount(record)).toBe(own.filter((member) => member.ended_at === null).length);
    for (const severity of SEVERITIES)
      expect(record.firing[severity]).toBe(
        own.filter((member) => member.ended_at === null && member.severity === severity).length,
      );
  }
}

function sightingOf(
  n: number,
  step: { service: number; severity: Sighting['severity']; counts: Sighting['counts'] },
  now: number,
): Sighting {
  const service_name = SERVICES[step.service] ?? null;
  const alert_id = `alert-${String(n).padStart(4, '0')}`;
  return {
    occurrence_key: `occurrence-${n}`,
    alert_id,
    content_alert_id: alert_id,
    open: true,
    counts: step.counts,
    alert_name: 'Broken',
    severity: step.severity,
    service_name,
    key: service_name === null ? 'group:g' : `service:${service_name}`,
    received_at: instant(now),
    started_at: instant(now),
    run_ids: [],
  };
}

describe('incidents over a graph of services', () => {
  it('whatever fires and ends in whatever order: one open incident for connected services, none when all is over', () => {
    fc.assert(
      fc.property(
        Edges,
        fc.integer({ min: 0, max: 3 }),
        fc.array(Step, { minLength: 1, maxLength: 60, size: 'max' }),
        (edges, depth, steps) => {
          const rules = rulesOf(edges, depth);
          const memory = new Memory(rules);
          const world: Sighting[] = [];
          const unseen = new Set<number>();
          const look = (): void => {
            memory.change((book) => {
              for (const index of [...unseen].sort((a, b) => a - b)) book.see(world[index]!);
              book.settle();
            });
            unseen.clear();
            check(memory, rules);
          };
          for (const step of steps) {
            memory.now += 1_000;
            const index = 'which' in step && world.length > 0 ? step.which % world.length : -1;
            if (step.type === 'fire') {
              unseen.add(world.length);
              world.push(sightingOf(world.length, step, memory.now));
            } else if (step.type === 'end' && index >= 0) {
              world[index] = { ...world[index]!, open: false };
              unseen.add(index);
            } else if (step.type === 'worsen' && index >= 0 && world[index]!.open) {
              world[index] = { ...world[index]!, severity: step.severity };
              unseen.add(index);
            } else if (step.type === 'wait') memory.now += step.minutes * 60_000;
            else if (step.type === 'look') look();
            else if (step.type === 'act') {
              const open = memory.open[step.which];
              if (open && !(step.what === 'acknowledge' && open.record.state === 'acknowledged'))
                memory.change((book) =>
                  obey(book, open.record.incident_id, { type: step.what, by: 'ann', comment: null }, rules),
                );
            }
          }
          look();
          for (const [index, sighting] of world.entries()) {
            world[index] = { ...sighting, open: false };
            unseen.add(index);
          }
          look();
          expect(memory.open.map(({ record }) => record.incident_id)).toEqual([]);
          // Looking again finds nothing new.
          const before = structuredClone([memory.incidents, memory.members]);
          for (const index of world.keys()) unseen.add(index);
          look();
          expect([memory.incidents, memory.members]).toEqual(before);
        },
      ),
      { numRuns: 300 },
    );
  });
});
