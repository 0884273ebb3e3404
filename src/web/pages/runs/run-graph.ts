import type { PlaybookVersionDetail } from '../../../domain/api/playbook.js';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { Step, StepState } from '../../../domain/run/run.js';
import { triesOf, waitOf } from './waits.js';
import type { Wait } from './waits.js';

/** How the items of a `foreach` fare. */
export interface ItemCount {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

/** One task of a run as people see it, whether it has begun or not. */
export interface GraphNode {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly effect: 'read' | 'write' | 'notify' | null;
  readonly state: StepState;
  readonly reason: string | null;
  readonly message: string | null;
  /** Whether people or time move it on; null where it does not wait. */
  readonly wait: Wait | null;
  readonly until: string | null;
  readonly attempts: number;
  readonly recorded_only: boolean;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly items: ItemCount | null;
  readonly isCritical: boolean;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly isCritical: boolean;
  /** What stands behind it was left out, or takes back: drawn paler. */
  readonly isMuted: boolean;
}

/** What waits for what in a run. */
export interface RunGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly needs: ReadonlyMap<string, readonly string[]>;
}

type Shape = Pick<PlaybookVersionDetail, 'graph' | 'playbook'>;

const UNDO = ':undo';

/** The name of the step that a `:undo` step takes back; null for any other. */
export function undoneBy(step_id: string): string | null {
  return step_id.endsWith(UNDO) ? step_id.slice(0, -UNDO.length) : null;
}

/** Joins the playbook's graph, where it is known, with what the run has done; steps that no task stands for find their place too. */
export function buildGraph(run: Pick<RunAnswer, 'steps'>, shape: Shape | null): RunGraph {
  const byId = new Map(run.steps.map((step) => [step.step_id, step]));
  const counts = itemCounts(run.steps);
  const needs = needsOf(shape);
  const known = new Set(shape?.graph.nodes.map(({ task_id }) => task_id) ?? []);
  const plain: Omit<GraphNode, 'isCritical'>[] = (shape?.graph.nodes ?? []).map((task) => {
    const step = byId.get(task.task_id);
    return nodeOf({ id: task.task_id, ...task }, step, counts.get(task.task_id) ?? null);
  });
  const sinks = sinksOf(needs);
  for (const step of run.steps) {
    if (step.item_index !== null || known.has(step.step_id)) continue;
    const undone = undoneBy(step.step_id);
    const item = undone === null ? null : taskOf(undone, byId);
    needs.set(step.step_id, undone === null ? (known.size > 0 ? sinks : []) : item === null ? [] : [item]);
    plain.push(nodeOf({ id: step.step_id, ...step }, step, counts.get(step.step_id) ?? null));
  }
  const critical = criticalPath(plain, needs);
  const nodes = plain.map((node) => ({ ...node, isCritical: critical.has(node.id) }));
  return { nodes, edges: edgesOf(nodes, needs), needs };
}

function nodeOf(
  task: { id: string; name: string; kind: string; effect: GraphNode['effect'] },
  step: Step | undefined,
  items: ItemCount | null,
): Omit<GraphNode, 'isCritical'> {
  return {
    id: task.id,
    name: task.name,
    kind: task.kind,
    effect: step?.effect ?? task.effect,
    state: step?.state ?? 'pending',
    reason: step?.reason ?? null,
    message: step?.error ?? step?.message ?? null,
    wait: step === undefined ? null : waitOf(step),
    until: step?.until ?? null,
    attempts: step === undefined ? 0 : triesOf(step),
    recorded_only: step?.recorded_only ?? false,
    started_at: step?.started_at ?? null,
    finished_at: step?.finished_at ?? null,
    items,
  };
}

/** The task that a step belongs to: `scale[3]` is drawn as `scale`. */
function taskOf(step_id: string, byId: ReadonlyMap<string, Step>): string | null {
  const step = byId.get(step_id);
  if (step === undefined) return null;
  return step.item_index === null ? step.step_id : step.task_id;
}

function itemCounts(steps: readonly Step[]): ReadonlyMap<string, ItemCount> {
  const counts = new Map<string, { done: number; failed: number; total: number }>();
  for (const { task_id, item_index, state } of steps) {
    if (item_index === null) continue;
    const count = counts.get(task_id) ?? { done: 0, failed: 0, total: 0 };
    count.total++;
    if (isOver(state)) count.done++;
    if (state === 'failed') count.failed++;
    counts.set(task_id, count);
  }
  return counts;
}

export function isOver(state: StepState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'skipped' || state === 'cancelled';
}

/** What each task waits for; a clean-up that names nothing waits for the ends of what runs in the usual case. */
function needsOf(shape: Shape | null): Map<string, readonly string[]> {
  const needs = new Map<string, readonly string[]>();
  if (shape === null) return needs;
  const byTask = new Map<string, string[]>();
  for (const { from, to } of shape.graph.edges) byTask.set(to, [...(byTask.get(to) ?? []), from]);
  for (const { task_id } of shape.graph.nodes) needs.set(task_id, byTask.get(task_id) ?? []);
  const cleanUps = shape.playbook.tasks.filter(
    ({ id, run_if }) => run_if !== undefined && run_if !== 'success' && (needs.get(id) ?? []).length === 0,
  );
  if (cleanUps.length === 0) return needs;
  const names = new Set(cleanUps.map(({ id }) => id));
  const ends = sinksOf(new Map([...needs].filter(([id]) => !names.has(id))));
  for (const id of names) needs.set(id, ends);
  return needs;
}

/** What nothing else waits for. */
function sinksOf(needs: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const needed = new Set([...needs.values()].flat());
  return [...needs.keys()].filter((id) => !needed.has(id));
}

function edgesOf(nodes: readonly GraphNode[], needs: ReadonlyMap<string, readonly string[]>): readonly GraphEdge[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return nodes.flatMap((node) =>
    (needs.get(node.id) ?? []).flatMap((from) => {
      const source = byId.get(from);
      if (source === undefined) return [];
      const isMuted = node.state === 'skipped' || source.state === 'skipped' || undoneBy(node.id) !== null;
      return [{ from, to: node.id, isCritical: node.isCritical && source.isCritical, isMuted }];
    }),
  );
}

/** What decided how long the run took (so far): from what ended last, or still runs, back along whatever was waited for longest. */
function criticalPath(
  nodes: readonly Omit<GraphNode, 'isCritical'>[],
  needs: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const ends = new Map(nodes.flatMap((node) => (tookPart(node) ? [[node.id, endOf(node)] as const] : [])));
  const path = new Set<string>();
  let at = latest([...ends.keys()], ends);
  while (at !== null && !path.has(at)) {
    path.add(at);
    at = latest(needs.get(at) ?? [], ends);
  }
  // One step alone decides nothing.
  return path.size > 1 ? path : new Set();
}

function tookPart({ started_at }: { readonly started_at: string | null }): boolean {
  return started_at !== null;
}

function endOf({ finished_at }: { readonly finished_at: string | null }): number {
  return finished_at === null ? Number.POSITIVE_INFINITY : Date.parse(finished_at);
}

function latest(ids: readonly string[], ends: ReadonlyMap<string, number>): string | null {
  let found: string | null = null;
  for (const id of ids) {
    const end = ends.get(id);
    if (end !== undefined && (found === null || end > (ends.get(found) ?? 0))) found = id;
  }
  return found;
}
