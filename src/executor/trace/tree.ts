import type { Span, Trace } from '../jaeger.js';

/** A chain deeper than this is cut: what lies below counts to the last one. */
const MAX_DEPTH = 500;

/** One span in its place, its clock set right against its parent's. */
export interface Node {
  readonly span: Span;
  readonly parent: Node | null;
  /** Who the time of this span belongs to: a database or queue without spans of its own is known by its clients'. */
  readonly owner: string;
  readonly failed: boolean;
  readonly start_us: number;
  readonly end_us: number;
  /** What it waited for, earliest first. */
  readonly children: readonly Node[];
  /** What it set off without waiting. */
  readonly followers: readonly Node[];
}

interface Draft extends Node {
  parent: Node | null;
  owner: string;
  start_us: number;
  end_us: number;
  readonly children: Draft[];
  readonly followers: Draft[];
}

/**
 * Puts the spans of a trace into trees, and answers all nodes, parents before children. A span whose parent is missing is a root; clocks
 * of other machines that run ahead or behind are set right; whatever the parents claim, every span is there once.
 */
export function buildTrees(trace: Trace): readonly Node[] {
  const drafts = trace.spans.map(draftOf).sort(byStart);
  const byId = new Map<string, Draft>();
  for (const draft of drafts) if (!byId.has(draft.span.span_id)) byId.set(draft.span.span_id, draft);
  const under = new Map<Draft, Draft[]>();
  const roots: Draft[] = [];
  for (const draft of drafts) {
    const parent = draft.span.parent === null ? undefined : byId.get(draft.span.parent.span_id);
    if (parent === undefined || parent === draft) roots.push(draft);
    else {
      const siblings = under.get(parent);
      if (siblings === undefined) under.set(parent, [draft]);
      else siblings.push(draft);
    }
  }
  const placed = new Set<Draft>();
  // After the true roots come those whose parents run in a circle: the earliest of them is made the root.
  for (const root of [...roots, ...drafts]) if (!placed.has(root)) hang(root, under, placed);
  for (const node of placed) node.owner = ownerOf(node);
  return [...placed];
}

/** Orders texts the same way on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The time that a span spent itself: its duration without the union of what it waited for. */
export function selfTime(node: Node): number {
  let covered = 0;
  let until = node.start_us;
  // Children are in the order of their starts, so one pass finds the union.
  for (const child of node.children) {
    const from = Math.max(child.start_us, until);
    const to = Math.min(child.end_us, node.end_us);
    if (to <= from) continue;
    covered += to - from;
    until = to;
  }
  return node.end_us - node.start_us - covered;
}

function draftOf(span: Span): Draft {
  return {
    span,
    parent: null,
    owner: span.service,
    failed: isFailed(span.tags),
    start_us: span.start_us,
    end_us: span.start_us + span.duration_us,
    children: [],
    followers: [],
  };
}

/** Earlier first; ties by name and id, so that the same trace always gives the same tree. */
function byStart(a: Draft, b: Draft): number {
  return (
    a.start_us - b.start_us ||
    compareText(a.span.operation, b.span.operation) ||
    compareText(a.span.span_id, b.span.span_id)
  );
}

/** Hangs everything below `root`. Without recursion: a trace can be deeper than the stack. */
function hang(root: Draft, under: ReadonlyMap<Draft, readonly Draft[]>, placed: Set<Draft>): void {
  const waiting: { readonly node: Draft; readonly shift_us: number; readonly depth: number }[] = [
    { node: root, shift_us: 0, depth: 0 },
  ];
  const here: Draft[] = [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, shift_us, depth } = next;
    if (placed.has(node)) continue;
    placed.add(node);
    here.push(node);
    node.start_us += shift_us;
    node.end_us += shift_us;
    for (const child of under.get(node) ?? []) {
      if (placed.has(child)) continue;
      child.parent = node;
      const child_shift_us = shift_us + skewOf(child, node, shift_us);
      const follows = child.span.parent?.follows === true;
      if (depth < MAX_DEPTH) (follows ? node.followers : node.children).push(child);
      waiting.push({ node: child, shift_us: child_shift_us, depth: depth + 1 });
    }
  }
  for (const node of here) node.children.sort(byStart);
}

/**
 * How far a child's clock is off its parent's, as Jaeger reckons it: a call that another machine answered lies inside of it, with the time
 * on the wire split evenly. Messages are taken later than they are sent, so they are left as they are.
 */
function skewOf(child: Draft, parent: Draft, shift_us: number): number {
  const kind = child.span.tags['span.kind'];
  if (child.span.service === parent.span.service || child.span.parent?.follows === true) return 0;
  if (kind === 'consumer' || parent.span.tags['span.kind'] === 'producer') return 0;
  const start = child.start_us + shift_us;
  const end = child.end_us + shift_us;
  const spare = parent.end_us - parent.start_us - (end - start);
  // It outlived its caller, who perhaps gave up: it only cannot have begun before it was called.
  if (spare < 0) return start < parent.start_us ? parent.start_us - start : 0;
  if (start >= parent.start_us && end <= parent.end_us) return 0;
  return parent.start_us + spare / 2 - start;
}

function ownerOf(node: Draft): string {
  const { service, tags } = node.span;
  const kind = tags['span.kind'];
  const answered = [...node.children, ...node.followers].some((child) => child.span.service !== service);
  if (kind === 'server' || kind === 'consumer' || answered) return service;
  for (const name of ['peer.service', 'db.system.name', 'db.system', 'messaging.system']) {
    const value = tags[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return service;
}

function isFailed(tags: Readonly<Record<string, unknown>>): boolean {
  const { error } = tags;
  // Zipkin's error tag holds a message; whatever it says, there was one.
  if (error !== undefined && ![false, 'false', '', 0, null].includes(error as string)) return true; // any value may stand there
  if (tags['otel.status_code'] === 'ERROR') return true;
  return ['http.status_code', 'http.response.status_code'].some((name) => Number(tags[name]) >= 500);
}
