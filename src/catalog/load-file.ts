import { createHash } from 'node:crypto';
import type { Problem } from '../domain/catalog.js';
import type { ExecutorSpec } from '../domain/executor.js';
import { Playbook } from '../domain/playbook/playbook.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';
import { checkPlaybook } from '../domain/playbook/playbook-check.js';
import { compileCriteria } from '../domain/rule/rule-criterion.js';
import { RuleMatch, RulesFile } from '../domain/rule/rule.js';
import type { Rule } from '../domain/rule/rule.js';
import { dataAt, schemaProblems } from '../domain/schema-problem.js';
import type { PathProblem } from '../domain/schema-problem.js';
import type { FileSuppressions } from '../domain/suppression/suppression.js';
import { isRulesFile, isSuppressionsFile } from './read-files.js';
import { isKnown, withoutRefused } from './repair.js';
import { startedPaths } from './sub-playbooks.js';
import type { StartedPlaybook } from './sub-playbooks.js';
import { holdsSuppressions, readSuppressions } from './suppressions-file.js';
import { readYaml } from './yaml-file.js';
import type { YamlFile } from './yaml-file.js';

/** Nobody reads more, and a file of another kind altogether would have thousands. */
const MAX_PROBLEMS = 200;
const MAX_LOCATED = 1_000;

/** What a file without errors of its own holds. */
export type GoodFile =
  | { readonly type: 'playbook'; readonly checked: CheckedPlaybook }
  | { readonly type: 'rules'; readonly rules: readonly Rule[] }
  | { readonly type: 'suppressions'; readonly content: FileSuppressions };

/** An id that a file speaks of, and where. */
export interface Mention {
  readonly id: string;
  readonly place: Problem;
}

/** What a file is about, also when it is broken: other files are judged by it. */
export interface Claims {
  readonly is_rules: boolean;
  readonly playbook: Mention | null;
  /** Of a playbook that is broken elsewhere: the alerts that it would be started by. */
  readonly triggers?: readonly RuleMatch[];
  /** Other playbooks that it runs. */
  readonly starts?: readonly StartedPlaybook[];
  readonly rules: readonly { readonly rule: Mention | null; readonly playbook: Mention | null }[];
  /** Maintenance windows and inhibition rules, each with what it is. */
  readonly suppressions?: readonly (Mention & { readonly kind: string })[];
}

/** What became of reading a file; `good` is null when it has errors. */
export interface LoadedFile {
  readonly good: GoodFile | null;
  readonly problems: readonly Problem[];
  readonly claims: Claims;
}

/** Reads and checks one file by itself; what only several files together can tell comes in `assemble`. */
export function loadFile(file: string, text: string, kinds: ReadonlyMap<string, ExecutorSpec>): LoadedFile {
  const yaml = readYaml(file, text);
  if (yaml.data === undefined) return { good: null, problems: bounded(yaml.problems), claims: guessClaims(file, text) };
  const { data } = yaml;
  if (isSuppressionsFile(file) || (!isRulesFile(file) && holdsSuppressions(data))) return loadSuppressions(file, yaml);
  const holdsRules =
    isRulesFile(file) || (dataAt(data, ['rules']) !== undefined && dataAt(data, ['tasks']) === undefined);
  return holdsRules ? loadRules(yaml) : loadPlaybook(file, text, yaml, kinds);
}

function loadPlaybook(
  file: string,
  source: string,
  yaml: YamlFile,
  kinds: ReadonlyMap<string, ExecutorSpec>,
): LoadedFile {
  const problems = located(yaml, [...numberProblems(yaml.data), ...playbookProblems(yaml.data, kinds)]);
  const claims = { is_rules: false, playbook: mention(yaml, ['playbook_id']), starts: started(yaml), rules: [] };
  if (problems.length > 0) return { good: null, problems, claims: { ...claims, triggers: goodTriggers(yaml.data) } };
  const playbook = Playbook.parse(yaml.data);
  const version = createHash('sha256').update(canonical(playbook)).digest('hex');
  return { good: { type: 'playbook', checked: { playbook, version, file, source } }, problems, claims };
}

/** The `trigger_conditions` that are right by themselves, whatever is wrong with the rest of the playbook. */
function goodTriggers(data: unknown): RuleMatch[] {
  const written = dataAt(data, ['trigger_conditions']);
  const entries: readonly unknown[] = Array.isArray(written) ? written : [];
  return entries.flatMap((entry) => {
    const match = RuleMatch.safeParse(entry);
    return match.success && compileCriteria(match.data).problems.length === 0 ? [match.data] : [];
  });
}

/** What the schema refuses, and what the whole playbook's check minds about the rest. */
function playbookProblems(data: unknown, kinds: ReadonlyMap<string, ExecutorSpec>): PathProblem[] {
  const refused = schemaProblems(Playbook, data);
  const parsed = Playbook.safeParse(refused.length === 0 ? data : withoutRefused(data, refused));
  if (!parsed.success) return refused;
  const lostIds = refused
    .filter(({ path }) => path.length === 3 && path[2] === 'id')
    .map(({ path }) => `there is no task ${String(dataAt(data, path))}`);
  const more = checkPlaybook(parsed.data, kinds)
    .filter((problem) => !isKnown(problem, refused))
    .filter(({ message }) => !lostIds.some((lost) => message.startsWith(lost)));
  return [...refused, ...more];
}

function loadRules(yaml: YamlFile): LoadedFile {
  const refused = schemaProblems(RulesFile, yaml.data);
  const rest = refused.length === 0 ? yaml.data : withoutRefused(yaml.data, refused);
  const entries = dataAt(rest, ['rules']);
  const written: readonly unknown[] = Array.isArray(entries) ? entries : [];
  const more = written.flatMap(criteriaProblems).filter((problem) => !isKnown(problem, refused));
  const problems = located(yaml, [...refused, ...more]);
  const claims: Claims = {
    is_rules: true,
    playbook: null,
    rules: written.map((_, index) => ({
      rule: mention(yaml, ['rules', index, 'rule_id']),
      playbook: mention(yaml, ['rules', index, 'playbook_id']),
    })),
  };
  if (problems.length > 0) return { good: null, problems, claims };
  return { good: { type: 'rules', rules: RulesFile.parse(yaml.data).rules }, problems, claims };
}

function loadSuppressions(file: string, yaml: YamlFile): LoadedFile {
  const read = readSuppressions(file, yaml.data);
  const problems = located(yaml, 'problems' in read ? read.problems : []);
  const suppressions = read.ids.map(({ kind, id, path }) => ({
    kind,
    id,
    place: yaml.locate({ path, message: '' }),
  }));
  const claims: Claims = { is_rules: false, playbook: null, rules: [], suppressions };
  if (problems.length > 0 || !('content' in read)) return { good: null, problems, claims };
  return { good: { type: 'suppressions', content: read.content }, problems, claims };
}

function criteriaProblems(entry: unknown, index: number): PathProblem[] {
  const { alert_name, service_name, severity, matchers, condition } = (entry ?? {}) as Partial<Rule>; // judged by the next line
  const match = RuleMatch.safeParse({ alert_name, service_name, severity, matchers, condition });
  if (!match.success) return [];
  return compileCriteria(match.data).problems.map((problem) => ({
    ...problem,
    path: ['rules', index, ...problem.path],
  }));
}

function mention(yaml: YamlFile, path: readonly (string | number)[]): Mention | null {
  const id = dataAt(yaml.data, path);
  return typeof id === 'string' ? { id, place: yaml.locate({ path, message: '' }) } : null;
}

function started(yaml: YamlFile): StartedPlaybook[] {
  return startedPaths(yaml.data).flatMap(({ path, always }) => {
    const named = mention(yaml, path);
    return named ? [{ ...named, always }] : [];
  });
}

/** What a file is about whose syntax is broken, by the look of its lines. */
function guessClaims(file: string, text: string): Claims {
  const found = [...text.matchAll(/\bplaybook_id["']?:[ \t]*["']?([A-Za-z0-9][\w.-]*)/g)].map((match) => ({
    id: match[1] ?? '',
    place: { file, line: 1, column: 1, message: '' },
  }));
  if (!isRulesFile(file)) return { is_rules: false, playbook: found[0] ?? null, rules: [] };
  return { is_rules: true, playbook: null, rules: found.map((playbook) => ({ rule: null, playbook })) };
}

/** `.inf` and `.nan` are YAML, and no data that a record could hold. */
function numberProblems(value: unknown, path: readonly (string | number)[] = []): PathProblem[] {
  if (typeof value === 'number' && !Number.isFinite(value))
    return [{ path, message: `expected a finite number, came ${value}` }];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) =>
    numberProblems(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** Together with those of the syntax. A line whose syntax is wrong has only that to tell. */
function located(yaml: YamlFile, problems: readonly PathProblem[]): Problem[] {
  const lines = new Set(yaml.problems.map((problem) => problem.line));
  // Finding a place means walking through the document: not for a hundred thousand keys that nobody will read about.
  const placed = problems
    .slice(0, MAX_LOCATED)
    .map((problem) => yaml.locate(problem))
    .filter((problem) => !lines.has(problem.line));
  return bounded([...yaml.problems, ...placed], Math.max(0, problems.length - MAX_LOCATED));
}

/** In the order of the file, each once, and not more than can be read. */
function bounded(problems: readonly Problem[], untold = 0): Problem[] {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const keys = sorted.map(({ line, column, message }) => `${line}:${column}:${message}`);
  const distinct = sorted.filter((_, index) => keys[index] !== keys[index - 1]);
  const last = distinct[MAX_PROBLEMS - 1];
  if (last === undefined || distinct.length <= MAX_PROBLEMS) return distinct;
  const more = `and ${distinct.length - MAX_PROBLEMS + untold} more problems in this file`;
  return [...distinct.slice(0, MAX_PROBLEMS), { ...last, message: more }];
}

/** JSON with sorted keys: the same content has the same text, however its YAML is laid out. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
