import { dataAt, schemaProblems } from '../domain/schema-problem.js';
import type { DataPath, PathProblem } from '../domain/schema-problem.js';
import { didYouMean } from '../domain/nearest.js';
import { scheduleOf, SuppressionsFile } from '../domain/suppression/suppression.js';
import type {
  InhibitRule,
  MaintenanceWindow,
  WrittenInhibitRule,
  WrittenWindow,
} from '../domain/suppression/suppression.js';
import type { TimeInterval } from '../domain/suppression/time-interval.js';
import type { FileSuppressions } from '../domain/suppression/suppression.js';

/** An id that a file gives, and where it stands in the file's data. */
export interface GivenId {
  readonly kind: 'maintenance window' | 'inhibition rule';
  readonly id: string;
  readonly path: DataPath;
}

/** What the data of a suppressions file say, or everything that is wrong with them. */
export type ReadSuppressions =
  | { readonly content: FileSuppressions; readonly ids: readonly GivenId[] }
  | { readonly problems: readonly PathProblem[]; readonly ids: readonly GivenId[] };

const KEYS = ['inhibit_rules', 'maintenance_windows', 'time_intervals'];

/** True for data that hold nothing but suppressions, whatever their file is called. */
export function holdsSuppressions(data: unknown): boolean {
  return KEYS.some((key) => dataAt(data, [key]) !== undefined) && dataAt(data, ['tasks']) === undefined;
}

/** Reads what holds alerts back out of a file's data. `file` is who made it, as people read it. */
export function readSuppressions(file: string, data: unknown): ReadSuppressions {
  const ids = idsOf(data);
  const refused = schemaProblems(SuppressionsFile, data);
  const parsed = SuppressionsFile.safeParse(data);
  if (!parsed.success) return { problems: refused, ids };
  const { time_intervals, maintenance_windows, inhibit_rules } = parsed.data;
  const problems: PathProblem[] = [];
  const intervals = new Map<string, readonly TimeInterval[]>();
  for (const [index, { name, time_intervals: written }] of time_intervals.entries()) {
    if (intervals.has(name))
      problems.push({ path: ['time_intervals', index, 'name'], message: `time interval ${name} stands twice` });
    intervals.set(name, written);
  }
  const windows = maintenance_windows.map((window, index) => windowOf(file, window, index, intervals, problems));
  const rules = inhibit_rules.map((rule, index) => ruleOf(file, rule, index));
  problems.push(...doubles(ids));
  return problems.length > 0 ? { problems, ids } : { content: { windows, inhibit_rules: rules }, ids };
}

function windowOf(
  file: string,
  window: WrittenWindow,
  index: number,
  intervals: ReadonlyMap<string, readonly TimeInterval[]>,
  problems: PathProblem[],
): MaintenanceWindow {
  const key = window.outside_time_intervals === undefined ? 'time_intervals' : 'outside_time_intervals';
  const found: TimeInterval[] = [];
  for (const [place, name] of (window[key] ?? []).entries()) {
    const interval = intervals.get(name);
    if (interval) found.push(...interval);
    else
      problems.push({
        path: ['maintenance_windows', index, key, place],
        message: `there is no time interval ${name} in this file${didYouMean(name, intervals.keys())}`,
      });
  }
  return {
    window_id: window.window_id,
    matchers: window.matchers ?? [],
    schedule: scheduleOf(window, found, key === 'outside_time_intervals'),
    hold: window.hold ?? true,
    freeze: window.freeze ?? false,
    created_by: file,
    comment: window.comment ?? '',
    created_at: null,
    expires_at: null,
    ended_by: null,
    origin: 'file',
  };
}

function ruleOf(file: string, rule: WrittenInhibitRule, index: number): InhibitRule {
  const { name, source_matchers, target_matchers, equal, comment } = rule;
  return {
    inhibit_rule_id: name ?? defaultName(index),
    source_matchers,
    target_matchers,
    equal,
    created_by: file,
    comment: comment ?? '',
    created_at: null,
    expires_at: null,
    ended_by: null,
    origin: 'file',
  };
}

/** What a rule without a name is called: by its place, as people count. */
function defaultName(index: number): string {
  return `inhibit-${index + 1}`;
}

function idsOf(data: unknown): GivenId[] {
  const ids: GivenId[] = [];
  const of = (key: string): readonly unknown[] => {
    const list = dataAt(data, [key]);
    return Array.isArray(list) ? list : [];
  };
  for (const index of of('maintenance_windows').keys()) {
    const path = ['maintenance_windows', index, 'window_id'];
    const id = dataAt(data, path);
    if (typeof id === 'string') ids.push({ kind: 'maintenance window', id, path });
  }
  for (const index of of('inhibit_rules').keys()) {
    const path = ['inhibit_rules', index, 'name'];
    const id = dataAt(data, path) ?? defaultName(index);
    if (typeof id === 'string') ids.push({ kind: 'inhibition rule', id, path });
  }
  return ids;
}

function doubles(ids: readonly GivenId[]): PathProblem[] {
  const seen = new Set<string>();
  return ids.flatMap(({ kind, id, path }) => {
    const isDouble = seen.has(`${kind} ${id}`);
    seen.add(`${kind} ${id}`);
    return isDouble ? [{ path, message: `${kind} ${id} stands twice` }] : [];
  });
}
