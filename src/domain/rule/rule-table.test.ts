import { describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import type { Alert } from '../alert/alert.js';
import { compileCriteria } from './rule-criterion.js';
import { RuleTable } from './rule-table.js';
import type { Candidate } from './rule-table.js';
import type { RuleMatch } from './rule.js';

function candidate(rule: string, match: RuleMatch): Candidate<string> {
  return { rule, rank: 0, open: compileCriteria(match).criteria };
}

function find(table: RuleTable<string>, begin: number, alert: Alert): string[] {
  const found: Candidate<string>[] = [];
  table.turn();
  table.find(begin, alert, found);
  return found.filter(({ open }) => open.every((criterion) => criterion.holds(alert))).map(({ rule }) => rule);
}

describe('a table of rules', () => {
  it('finds what was added together, and nothing else', () => {
    const table = new RuleTable<string>();
    const first = table.add([
      candidate('a', { matchers: ['x="1"', 'y="1"'] }),
      candidate('b', { matchers: ['x="1"', 'y="2"'] }),
      candidate('c', { alert_name: 'N' }),
    ]);
    const second = table.add([candidate('d', { matchers: ['y="2"'] })]);
    const alert = anAlert({ alert_name: 'N', labels: { x: '1', y: '2' } });

    expect(find(table, first, alert)).toEqual(['b', 'c']);
    expect(find(table, second, alert)).toEqual(['d']);
  });

  it('leaves open only what numbers cannot say', () => {
    const table = new RuleTable<string>();
    const begin = table.add([
      candidate('R', { matchers: ['x="1"', 'y=~"a.*"', 'z=~"a[0-9]+"', 'v!="2"'], condition: 'latency > 1s' }),
    ]);
    const found: Candidate<string>[] = [];
    table.turn();
    table.find(
      begin,
      anAlert({ labels: { x: '1', y: 'ab', z: 'a', v: '2' }, metric_value: 2, metric_unit: 's' }),
      found,
    );

    expect(found.map(({ open }) => open.length)).toEqual([2]);
    expect(
      find(table, begin, anAlert({ labels: { x: '1', y: 'ab', z: 'a1' }, metric_value: 2, metric_unit: 's' })),
    ).toEqual(['R']);
    expect(
      find(table, begin, anAlert({ labels: { x: '1', y: 'ab', z: 'a1' }, metric_value: 2, metric_unit: 'ms' })),
    ).toEqual([]);
    expect(
      find(table, begin, anAlert({ labels: { x: '1', y: 'ba', z: 'a1' }, metric_value: 2, metric_unit: 's' })),
    ).toEqual([]);
  });

  it('sees a value that nobody wanted when the same alert was asked about others', () => {
    const table = new RuleTable<string>();
    const alert = anAlert({ labels: { x: 'new' } });
    table.turn();
    table.find(table.add([candidate('a', { matchers: ['x="old"'] })]), alert, []);
    const found: Candidate<string>[] = [];
    table.find(table.add([candidate('b', { matchers: ['x="new"'] })]), alert, found);

    expect(found.map(({ rule }) => rule)).toEqual(['b']);
  });

  it('holds very many values, numbers and fields', () => {
    const many = 66_000;
    const table = new RuleTable<string>();
    const values = table.add(Array.from({ length: many }, (_, i) => candidate(`v${i}`, { matchers: [`x="${i}"`] })));
    const limits = table.add(Array.from({ length: many }, (_, i) => candidate(`t${i}`, { condition: `v == ${i}` })));
    const fields = table.add(Array.from({ length: many }, (_, i) => candidate(`f${i}`, { matchers: [`l${i}="1"`] })));
    for (const i of [0, 1, 65_534, 65_535, 65_536, many - 1]) {
      const alert = anAlert({ labels: { x: String(i), [`l${i}`]: '1' }, metric_value: i, metric_unit: null });
      expect(find(table, values, alert)).toEqual([`v${i}`]);
      expect(find(table, limits, alert)).toEqual([`t${i}`]);
      expect(find(table, fields, alert)).toEqual([`f${i}`]);
    }
  });
});
