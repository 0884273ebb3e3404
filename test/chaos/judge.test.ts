import { describe, expect, it } from 'vitest';
import type { Decision } from '../../src/domain/decision/decision.js';
import type { RunEvent, StoredEvent } from '../../src/domain/run/run.js';
import { fold } from '../../src/domain/run/transition.js';
import { aDecision, aNewRun, aStart } from '../helper/store-world.js';
import { anAlert } from '../helper/an-alert.js';
import { planFaults } from './faults.js';
import { judge } from './judge.js';
import type { Evidence, WholeRun } from './judge.js';
import { Random } from './random.js';
import type { Accepted } from './sender.js';
import { planDeliveries } from './story.js';
import type { Tally } from './target.js';

const LATER = '2026-11-21T10:00:05.000Z';
const ALERT = anAlert({ alert_id: 'A1', service_name: 's-1' });
const condition = { alertname: 'To_Change', service: 's-1', twin: 0 };
const ACCEPTED: Accepted = {
  alert_id: 'A1',
  delivery: { group: 'g', conditions: [condition], senders: 1, resolves: false },
  condition,
  status: 'firing',
};
const DONE: readonly RunEvent[] = [
  aStart('change', { kind: 'api_call', effect: 'write' }),
  { type: 'step_succeeded', at: LATER, step_id: 'change', output: null, summary: null, evidence: null, change: null },
];
const END: RunEvent = { type: 'run_finished', at: LATER, state: 'succeeded', outcome: 'unverified', reason: null };
const IN_DOUBT: readonly RunEvent[] = [
  aStart('change', { kind: 'api_call', effect: 'write' }),
  { type: 'step_waiting', at: LATER, step_id: 'change', reason: 'in_doubt', message: 'who knows', until: null },
];

function aRun(events: readonly RunEvent[], run_id = 'R1'): WholeRun {
  const opened = aNewRun({ run_id, playbook_id: 'PB-Change', service_name: 's-1', alert: ALERT });
  const all = [...opened.events, ...events];
  const { steps, ...header } = fold(null, all);
  const stored: StoredEvent[] = all.map((event, index) => ({ ...event, seq: index + 1, run_id }));
  return { header, steps: Object.values(steps), events: stored };
}

function tallies(over: Partial<Tally> = {}): Map<string, Tally> {
  return new Map([['key', { place: 'R1 change', calls: 1, effects: 1, turned_away: 0, unanswered: 0, ...over }]]);
}

function decisions(over: Partial<Decision> | null = {}): Map<string, Decision | null> {
  return new Map([['A1', over && aDecision({ action: 'run', reason: null, run_id: 'R1', run_ids: ['R1'], ...over })]]);
}

/** A storm that broke no promise, with what the case puts over it. */
function evidence(over: Partial<Evidence> = {}): Evidence {
  return {
    accepted: [ACCEPTED],
    decisions: decisions(),
    undecided: 0,
    runs: [aRun([...DONE, END])],
    tallies: tallies(),
    ...over,
  };
}

function changed(run: WholeRun, events: (all: StoredEvent[]) => StoredEvent[]): WholeRun {
  return { ...run, events: events([...run.events]) };
}

describe('the judge of a storm', () => {
  it('finds nothing wrong where nothing is, and counts it', () => {
    const { broken, counts } = judge(evidence(), true);

    expect(broken).toEqual([]);
    expect(Object.fromEntries(counts)).toMatchObject({ 'alerts decided': 1, runs: 1, '  done exactly once': 1 });
  });

  it('lets a write stand in doubt until people have said what became of it, done or not', () => {
    for (const effects of [0, 1]) {
      const doubtful = evidence({ runs: [aRun(IN_DOUBT)], tallies: tallies({ effects }) });
      expect(judge(doubtful, false).broken).toEqual([]);
      expect(judge(doubtful, true).broken).toEqual([expect.stringContaining('is waiting')]);
    }
  });

  it('takes a run for there from the first thing that happened to it after its opening', () => {
    const at = (ms: number): string => new Date(Date.parse(LATER) + ms).toISOString();
    const [start, done] = DONE as [RunEvent, RunEvent];
    const first = (ended: string): WholeRun => aRun([...DONE, { ...END, at: ended }], 'R1');
    const then = changed(aRun([start, { ...done, at: at(50) }, { ...END, at: at(90) }], 'R2'), (all) =>
      all.map((event, index) => (index < 2 ? { ...event, at: at(10) } : event)),
    );
    const second = { ...then, header: { ...then.header, created_at: at(10) } };
    const twins = [condition, { ...condition, twin: 1 }];
    const accepted = [{ ...ACCEPTED, delivery: { ...ACCEPTED.delivery, conditions: twins } }];
    const both = new Map([...tallies(), ['other', { ...tallies().get('key')!, place: 'R2 change' }]]);
    const judged = (ended: string): readonly string[] =>
      judge(evidence({ accepted, runs: [first(ended), second], tallies: both }), true).broken;

    expect(judged(at(40))).toEqual([]);
    expect(judged(at(60))).toEqual(['two open runs at once for PB-Change s-1']);
  });

  it.each<[string, Partial<Evidence>, string]>([
    ['an alert without a decision', { decisions: decisions(null) }, 'has no decision'],
    ['alerts that are kept undecided', { undecided: 2 }, '2 alerts are kept without a decision'],
    ['an alert that is held', { decisions: decisions({ action: 'hold', reason: 'cooldown' }) }, 'is held'],
    ['a decision that names a run that is not there', { decisions: decisions({ run_id: 'R9' }) }, 'not there'],
    ['a matched alert that no rule matched', { decisions: decisions({ reason: 'no_match' }) }, 'matched no rule'],
    ['a matched alert without a run', { runs: [], tallies: new Map() }, 'no run for PB-Change s-1'],
    ['a second run of the same alert', { runs: [aRun([...DONE, END]), aRun([END], 'R2')] }, '2 runs for PB-Change s-1'],
    ['a run that goes on for ever', { runs: [aRun(DONE)] }, 'is running'],
    ['a write that was done twice', { tallies: tallies({ effects: 2, calls: 2 }) }, 'done twice'],
    ['a write that is told as done and was not', { tallies: tallies({ effects: 0 }) }, 'told as done'],
    ['a write that was sent again blindly', { tallies: tallies({ calls: 2 }) }, 'repeated blindly'],
    ['a write that no step tells of', { runs: [aRun([END])] }, 'no step tells of'],
    [
      'a write with two keys',
      { tallies: new Map([...tallies(), ['other', { ...[...tallies().values()][0]! }]]) },
      'two keys',
    ],
    [
      'a finished step that was repeated',
      { runs: [changed(aRun([...DONE, END]), (all) => [...all.slice(0, 3), all[1]!, ...all.slice(3)])] },
      'was repeated',
    ],
    ['an event that is missing', { runs: [changed(aRun([...DONE, END]), (all) => all.toSpliced(2, 1))] }, 'stands at'],
    [
      'something that happened after the end',
      { runs: [changed(aRun([...DONE, END]), (all) => [...all, { ...all[1]!, seq: 5 }])] },
      'after its end',
    ],
  ])('finds %s', (_what, over, said) => {
    expect(judge(evidence(over), true).broken.join('\n')).toContain(said);
  });
});

describe('a storm', () => {
  const storm = { members: 3, length_ms: 60_000, lease_ms: 4_000 };

  it('is the same for the same seed, and another for another', () => {
    expect(planFaults(new Random(7), storm)).toEqual(planFaults(new Random(7), storm));
    expect(planFaults(new Random(8), storm)).not.toEqual(planFaults(new Random(7), storm));
    expect(planDeliveries(new Random(7), 100)).toEqual(planDeliveries(new Random(7), 100));
  });

  it('has every kind of fault, and freezes for longer than a lease', () => {
    for (let seed = 0; seed < 50; seed++) {
      const faults = planFaults(new Random(seed), storm);
      expect(new Set(faults.map(({ type }) => type)).size).toBe(6);
      for (const fault of faults) {
        expect(fault.at_ms).toBeLessThan(storm.length_ms);
        if (fault.type === 'freeze') expect(fault.frozen_ms).toBeGreaterThan(storm.lease_ms);
      }
    }
  });

  it('sends as many alerts as it is to, some of them three times, some of them resolved later', () => {
    const deliveries = planDeliveries(new Random(1), 2_000);

    expect(deliveries.flatMap(({ conditions }) => conditions).length).toBeGreaterThanOrEqual(2_000);
    expect(deliveries.filter(({ senders }) => senders === 3).length).toBeGreaterThan(100);
    expect(deliveries.filter(({ resolves }) => resolves).length).toBeGreaterThan(50);
  });
});
