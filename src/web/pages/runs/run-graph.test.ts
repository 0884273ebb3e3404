import { describe, expect, it } from 'vitest';
import type { PlaybookVersionDetail } from '../../../domain/api/playbook.js';
import type { Step } from '../../../domain/run/run.js';
import { buildGraph } from './run-graph.js';

const T0 = Date.parse('2026-11-21T10:00:00.000Z');

function aStep(step_id: string, change: Partial<Step> = {}): Step {
  const item = /^(.*)\[(\d+)\]$/.exec(step_id);
  return {
    step_id,
    task_id: item?.[1] ?? step_id,
    name: step_id,
    kind: 'api_call',
    item_index: item === null ? null : Number(item[2]),
    item: null,
    state: 'succeeded',
    reason: null,
    message: null,
    effect: 'read',
    recorded_only: false,
    attempts: [],
    parameters: null,
    conditions: [],
    intent: null,
    approval: null,
    output: null,
    summary: null,
    evidence: null,
    change: null,
    error: null,
    until: null,
    started_at: null,
    finished_at: null,
    ...change,
  };
}

function ran(step_id: string, from_s: number, to_s: number | null, change: Partial<Step> = {}): Step {
  const at = (s: number): string => new Date(T0 + s * 1_000).toISOString();
  return aStep(step_id, { started_at: at(from_s), finished_at: to_s === null ? null : at(to_s), ...change });
}

function aShape(
  tasks: Record<string, readonly string[]>,
  more: Record<string, object> = {},
): Pick<PlaybookVersionDetail, 'graph' | 'playbook'> {
  const ids = Object.keys(tasks);
  return {
    graph: {
      nodes: ids.map((task_id) => ({ task_id, name: task_id, kind: 'api_call', effect: null })),
      edges: ids.flatMap((to) => (tasks[to] ?? []).map((from) => ({ from, to }))),
    },
    playbook: {
      tasks: ids.map((id) => ({ id, type: 'api_call', ...more[id] })),
    } as unknown as PlaybookVersionDetail['playbook'],
  };
}

function critical(graph: ReturnType<typeof buildGraph>): string[] {
  return graph.nodes.filter(({ isCritical }) => isCritical).map(({ id }) => id);
}

describe('the graph of a run', () => {
  it('shows tasks that have not begun, beside those that have', () => {
    const graph = buildGraph({ steps: [ran('a', 0, 1)] }, aShape({ a: [], b: ['a'] }));

    expect(graph.nodes.map(({ id, state }) => [id, state])).toEqual([
      ['a', 'succeeded'],
      ['b', 'pending'],
    ]);
    expect(graph.edges).toEqual([{ from: 'a', to: 'b', isCritical: false, isMuted: false }]);
  });

  it('marks as critical what the last step waited for longest', () => {
    const steps = [ran('a', 0, 1), ran('slow', 1, 9), ran('quick', 1, 2), ran('end', 9, 10)];

    const graph = buildGraph({ steps }, aShape({ a: [], slow: ['a'], quick: ['a'], end: ['slow', 'quick'] }));

    expect(critical(graph)).toEqual(['a', 'slow', 'end']);
    expect(graph.edges.filter(({ isCritical }) => isCritical).map(({ from, to }) => `${from}>${to}`)).toEqual([
      'a>slow',
      'slow>end',
    ]);
  });

  it('leads the critical path to what still runs, and never through what was skipped', () => {
    const steps = [ran('a', 0, 1), aStep('left_out', { state: 'skipped', reason: 'condition' }), ran('now', 2, null)];

    const graph = buildGraph({ steps }, aShape({ a: [], left_out: ['a'], now: ['a', 'left_out'] }));

    expect(critical(graph)).toEqual(['a', 'now']);
    expect(graph.edges.find(({ to, from }) => to === 'now' && from === 'left_out')?.isMuted).toBe(true);
  });

  it('counts the items of a foreach in one node', () => {
    const items = Array.from({ length: 50 }, (_, i) =>
      aStep(`each[${i}]`, { state: i < 10 ? 'succeeded' : i < 12 ? 'failed' : 'running' }),
    );

    const graph = buildGraph(
      { steps: [ran('each', 0, null, { state: 'running', kind: 'foreach' }), ...items] },
      aShape({ each: [] }),
    );

    expect(graph.nodes).toHaveLength(1);
    expect(graph.nodes[0]?.items).toEqual({ done: 12, failed: 2, total: 50 });
  });

  it('hangs what takes back behind what it takes back, and proofs behind the last tasks', () => {
    const steps = [
      ran('a', 0, 1),
      ran('b', 1, 2),
      ran('alert:verify', 2, 3),
      ran('a:undo', 4, 5),
      ran('b[1]', 1, 2),
      ran('b[1]:undo', 5, 6),
    ];

    const graph = buildGraph({ steps }, aShape({ a: [], b: ['a'] }));

    expect(graph.needs.get('alert:verify')).toEqual(['b']);
    expect(graph.needs.get('a:undo')).toEqual(['a']);
    expect(graph.needs.get('b[1]:undo')).toEqual(['b']);
  });

  it('draws a clean-up that names nothing behind all that runs in the usual case', () => {
    const graph = buildGraph(
      { steps: [] },
      aShape({ a: [], b: ['a'], c: [], tidy: [] }, { tidy: { run_if: 'always' } }),
    );

    expect(graph.needs.get('tidy')).toEqual(['b', 'c']);
  });

  it('is a plain list of steps where the version of the playbook is not known', () => {
    const graph = buildGraph({ steps: [ran('a', 0, 1), ran('b', 1, 2)] }, null);

    expect(graph.nodes.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(graph.edges).toEqual([]);
  });

  it('ends even where a playbook goes round in a circle', () => {
    const graph = buildGraph({ steps: [ran('a', 0, 1), ran('b', 1, 2)] }, aShape({ a: ['b'], b: ['a'] }));

    expect(critical(graph).sort()).toEqual(['a', 'b']);
  });
});
