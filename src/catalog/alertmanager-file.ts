import { stringify } from 'yaml';
import type { Problem } from '../domain/catalog.js';
import { dataAt, schemaProblems } from '../domain/schema-problem.js';
import type { DataPath } from '../domain/schema-problem.js';
import { InhibitRuleSpec, NamedTimeInterval, WrittenWindow } from '../domain/suppression/suppression.js';
import { listAt, matchersOf } from './alertmanager-matchers.js';
import type { Remark } from './alertmanager-matchers.js';
import { routesWithTimes } from './alertmanager-routes.js';
import { readYaml } from './yaml-file.js';
import type { YamlFile } from './yaml-file.js';

/** What became of an Alertmanager's configuration: our file, and what could not be taken as it stands there. */
export interface ConvertedAlertmanager {
  /** Null when the file cannot be read. */
  readonly text: string | null;
  readonly inhibit_rules: number;
  readonly maintenance_windows: number;
  readonly remarks: readonly Problem[];
}

const HEAD =
  '# Made from an Alertmanager’s configuration. It belongs into the playbooks folder as suppressions.yaml.\n';

/** Makes suppressions.yaml of `inhibit_rules`, time intervals and the routes that are muted by them. */
export function convertAlertmanager(file: string, text: string): ConvertedAlertmanager {
  const yaml = readYaml(file, text);
  const remarks: Problem[] = [...yaml.problems];
  if (yaml.data === undefined) return { text: null, inhibit_rules: 0, maintenance_windows: 0, remarks };
  const remark: Remark = (path, message) => void remarks.push(yaml.locate({ path, message }));
  const intervals = intervalsOf(yaml, remark);
  const rules = listAt(yaml.data, ['inhibit_rules']).flatMap((rule, index) => ruleOf(rule, index, remark) ?? []);
  const windows = windowsOf(yaml.data, new Set(intervals.map(({ name }) => name)), remark);
  const used = new Set(windows.flatMap((window) => window.time_intervals ?? window.outside_time_intervals ?? []));
  for (const { name, path } of intervals)
    if (!used.has(name))
      remark(path, `no route uses the time interval ${name}; it is taken, and holds nothing by itself`);
  const content = {
    ...(rules.length > 0 ? { inhibit_rules: rules } : {}),
    ...(intervals.length > 0
      ? { time_intervals: intervals.map(({ name, time_intervals }) => ({ name, time_intervals })) }
      : {}),
    ...(windows.length > 0 ? { maintenance_windows: windows } : {}),
  };
  const isEmpty = Object.keys(content).length === 0;
  if (isEmpty) remark([], 'there are no inhibit rules and no time intervals in it');
  return {
    text: HEAD + (isEmpty ? 'inhibit_rules: []\n' : stringify(content, { lineWidth: 120 })),
    inhibit_rules: rules.length,
    maintenance_windows: windows.length,
    remarks,
  };
}

function ruleOf(rule: unknown, index: number, remark: Remark): Record<string, unknown> | null {
  const at = ['inhibit_rules', index];
  const side = (which: 'source' | 'target'): string[] | null => {
    const matchers = matchersOf(rule, at, [`${which}_matchers`, `${which}_match`, `${which}_match_re`], remark);
    if (matchers?.length === 0)
      remark(at, `a rule without ${which} matchers is not taken: it would be about every alert`);
    return matchers === null || matchers.length === 0 ? null : matchers;
  };
  const [source_matchers, target_matchers] = [side('source'), side('target')];
  if (source_matchers === null || target_matchers === null) return null;
  const name = dataAt(rule, ['name']);
  const equal = dataAt(rule, ['equal']) ?? [];
  const spec = { source_matchers, target_matchers, equal };
  const problems = schemaProblems(InhibitRuleSpec, spec);
  for (const { path, message } of problems) remark([...at, ...path], message);
  if (problems.length > 0) return null;
  const isId = typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/.test(name);
  if (name !== undefined && !isId) remark([...at, 'name'], 'this name is no id of ours and is left out');
  return { ...(isId ? { name } : {}), ...spec };
}

interface FoundInterval extends NamedTimeInterval {
  readonly path: DataPath;
}
type NamedTimeInterval = ReturnType<typeof NamedTimeInterval.parse>;

/** Old versions call them mute_time_intervals at the top too. */
function intervalsOf(yaml: YamlFile, remark: Remark): FoundInterval[] {
  const found: FoundInterval[] = [];
  for (const key of ['time_intervals', 'mute_time_intervals']) {
    for (const [index, item] of listAt(yaml.data, [key]).entries()) {
      const path = [key, index];
      const parsed = NamedTimeInterval.safeParse(item);
      if (parsed.success) found.push({ ...parsed.data, path });
      else
        for (const problem of schemaProblems(NamedTimeInterval, item))
          remark([...path, ...problem.path], `this time interval is not taken: ${problem.message}`);
    }
  }
  return found;
}

function windowsOf(data: unknown, known: ReadonlySet<string>, remark: Remark): WrittenWindow[] {
  const windows: WrittenWindow[] = [];
  for (const route of routesWithTimes(data, remark)) {
    for (const [key, names] of [
      ['time_intervals', route.mute],
      ['outside_time_intervals', route.active],
    ] as const) {
      const there = names.filter((name) => known.has(name));
      for (const name of names)
        if (!known.has(name)) remark(route.path, `there is no usable time interval ${name}: it is left out here`);
      if (there.length === 0) continue;
      const window = {
        window_id: idOf(route.receiver, windows.length + 1),
        ...(route.matchers.length > 0 ? { matchers: route.matchers } : {}),
        [key]: there,
        comment: `muted in Alertmanager${route.receiver === '' ? '' : ` on the way to ${route.receiver}`}`,
      };
      const parsed = WrittenWindow.safeParse(window);
      if (parsed.success) windows.push(parsed.data);
      else remark(route.path, `this route is not taken: ${schemaProblems(WrittenWindow, window)[0]?.message ?? ''}`);
    }
  }
  return windows;
}

function idOf(receiver: string, number: number): string {
  const word = receiver.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+|-+$/g, '');
  return `mute-${number}${word === '' ? '' : `-${word.slice(0, 100)}`}`;
}
