import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluatePromql } from '../../demo/promql-evaluate.js';
import type { Sample } from '../../demo/series.js';
import { dataQueries } from './data-query.js';

/** Figures of the metrics a, b and c for the two instances `1` and `2`; null where there is no series. */
type World = Readonly<Record<string, readonly (number | null)[]>>;

const METRICS = ['a', 'b', 'c'];
const FIGURE = fc.constantFrom<number | null>(0, 1, 2, 5, NaN, null);

function aWorld(own: fc.Arbitrary<number | null>): fc.Arbitrary<World> {
  return fc.record(Object.fromEntries(METRICS.map((name) => [name, fc.tuple(own, FIGURE)])));
}

function samplesOf(world: World, query: string): readonly Sample[] {
  const series = METRICS.map((name): [string, () => Sample[]] => [
    name,
    () =>
      (world[name] ?? []).flatMap((value, at) => (value === null ? [] : [{ labels: { i: String(at + 1) }, value }])),
  ]);
  const value = evaluatePromql(query, 0, { series: new Map(series), from: () => 0, now: () => 0 });
  if (value.type !== 'vector') throw new Error(`${query} is a ${value.type}`);
  return value.samples.filter(({ labels }) => labels['i'] === '1');
}

/** The answer for the alert of instance 1. */
function verdict(world: World, expression: string): 'holds' | 'over' | 'no_data' {
  if (samplesOf(world, expression).length > 0) return 'holds';
  const queries = dataQueries(expression);
  const hasData = queries?.every((query) => samplesOf(world, query).some(({ value }) => !Number.isNaN(value)));
  return hasData === true ? 'over' : 'no_data';
}

const comparison = fc.constantFrom('>', '<', '>=', '<=', '==', '!=');

/** Expressions that keep the label `i`; with `or` and `unless` when they are asked for. */
function expressions(joins: readonly string[]): { vector: fc.Arbitrary<string>; condition: fc.Arbitrary<string> } {
  const { vector, condition } = fc.letrec<{ vector: string; condition: string }>((tie) => ({
    vector: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'promql' },
      fc.constantFrom(...METRICS),
      fc
        .tuple(tie('vector'), fc.constantFrom('+', '-', '*', '/'), tie('vector'))
        .map(([l, o, r]) => `(${l} ${o} ${r})`),
      tie('vector').map((inner) => `2 * ${inner}`),
      fc.tuple(fc.constantFrom('sum', 'max', 'count'), tie('vector')).map(([name, of]) => `${name} by (i) (${of})`),
      fc.tuple(fc.constantFrom('sum', 'max', 'count'), tie('condition')).map(([name, of]) => `${name}(${of}) by (i)`),
    ),
    condition: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'promql' },
      fc.tuple(tie('vector'), comparison, fc.constantFrom('0', '1', '2.5')).map(([l, o, r]) => `${l} ${o} ${r}`),
      fc.tuple(tie('vector'), comparison, tie('vector')).map(([l, o, r]) => `${l} ${o} on (i) (${r})`),
      fc
        .tuple(tie('condition'), fc.constantFrom(...joins), tie('condition'))
        .map(([l, o, r]) => `(${l}) ${o} on (i) (${r})`),
    ),
  }));
  return { vector, condition };
}

describe('silence', () => {
  it('is never over when there is nothing of the instance at all', () => {
    const { condition } = expressions(['and', 'or', 'unless']);
    fc.assert(
      fc.property(condition, aWorld(fc.constant(null)), (expression, world) => {
        expect(verdict(world, expression)).toBe('no_data');
      }),
      { numRuns: 1_000 },
    );
  });

  it('is never over when one of the metrics that must be there is gone, or NaN', () => {
    const { condition } = expressions(['and']);
    fc.assert(
      fc.property(condition, aWorld(FIGURE), fc.constantFrom(NaN, null), (expression, world, nothing) => {
        const gone = METRICS.find((name) => new RegExp(`\\b${name}\\b`).test(expression)) ?? 'a';
        // A count or a greatest of NaN says something: that it is there.
        fc.pre(nothing === null || !/count|max/.test(expression));
        const without = { ...world, [gone]: [nothing, world[gone]?.[1] ?? null] };
        // What differs from NaN is true in PromQL, and Prometheus fires.
        fc.pre(!Number.isNaN(nothing) || !expression.includes('!='));
        expect(verdict(without, expression)).not.toBe('over');
      }),
      { numRuns: 2_000 },
    );
  });

  it('of a plain condition is over whenever all of it has a figure', () => {
    const figures = fc.constantFrom<number | null>(0, 1, 2, 5);
    const plain = fc.tuple(fc.constantFrom(...METRICS), comparison, fc.constantFrom('0', '1', 'b', '2 * c'));
    const one = plain.map(([l, o, r]) => `${l} ${o} ${r}`);
    const joined = fc.tuple(one, fc.constantFrom('and', 'or', 'unless'), one).map(([l, o, r]) => `${l} ${o} ${r}`);
    fc.assert(
      fc.property(fc.oneof(one, joined), aWorld(figures), (expression, world) => {
        expect(verdict(world, expression)).not.toBe('no_data');
      }),
      { numRuns: 1_000 },
    );
  });
});
