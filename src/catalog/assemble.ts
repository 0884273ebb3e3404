import type { CatalogContent, Problem } from '../domain/catalog.js';
import { didYouMean } from '../domain/nearest.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';
import { rulesInForce } from '../domain/playbook/rule-trigger.js';
import type { Triggered } from '../domain/playbook/rule-trigger.js';
import type { Rule } from '../domain/rule/rule.js';
import { finish } from '../domain/steps.js';
import type { Steps } from '../domain/steps.js';
import type { FileSuppressions, InhibitRule, MaintenanceWindow } from '../domain/suppression/suppression.js';
import type { Claims, GoodFile, Mention } from './load-file.js';
import type { KnownRules } from './quick-rules.js';
import { subPlaybookProblems } from './sub-playbooks.js';
import type { Starter } from './sub-playbooks.js';

/** A file as far as it counts: what is in force of it (perhaps an earlier version), and what stands on disk. */
export interface FileInForce {
  readonly file: string;
  readonly good: GoodFile | null;
  readonly problems: readonly Problem[];
  /** What the file on disk is about; null when it cannot be read at all. */
  readonly claims: Claims | null;
  /** What need not be read again when the file changes. */
  readonly known?: KnownRules;
}

/** What `assemble` may know besides the files. */
export interface Beside {
  /** The file that each playbook came from before: a copy never replaces what is in force. */
  readonly owners?: ReadonlyMap<string, string>;
  /** Playbooks that exist and are not among the files. */
  readonly elsewhere?: ReadonlySet<string>;
}

/** Puts files together, and tells what only all of them show: ids that stand twice, rules whose playbook does not exist. */
export function assemble(files: readonly FileInForce[], beside: Beside = {}): CatalogContent {
  return finish(assembleSteps(files, beside));
}

/** The same in steps of a few milliseconds for ten thousand rules, for who has other things to do meanwhile. */
export function* assembleSteps(
  files: readonly FileInForce[],
  { owners, elsewhere }: Beside = {},
): Steps<CatalogContent> {
  const playbooks = playbooksInForce(files, owners ?? new Map());
  const rules = writtenRules(files);
  yield;
  const known = new Set([...playbooks.keys(), ...claimedPlaybooks(files).map((each) => each.id), ...(elsewhere ?? [])]);
  const doubled = doubleRules(files);
  yield;
  const dangling = danglingRules(files, known);
  yield;
  const problems = [
    ...files.flatMap((file) => file.problems),
    ...doublePlaybooks(files, playbooks),
    ...doubled,
    ...dangling,
    ...subPlaybookProblems(starters(files), known),
    ...doubleSuppressions(files),
  ];
  const suppressions = suppressionsInForce(files);
  const broken = playbooksNotInForce(files, playbooks);
  return {
    playbooks,
    rules: rulesInForce(rules, triggeredPlaybooks(playbooks, files)),
    ...(suppressions ? { suppressions } : {}),
    problems: problems.sort(byPlace),
    ...(broken.size > 0 ? { broken } : {}),
  };
}

/** Those that stand in a file and are not in force, neither as they are nor as they were. */
function playbooksNotInForce(
  files: readonly FileInForce[],
  playbooks: ReadonlyMap<string, CheckedPlaybook>,
): Map<string, readonly Problem[]> {
  const broken = new Map<string, readonly Problem[]>();
  for (const { claims, problems } of files) {
    const id = claims?.playbook?.id;
    if (id !== undefined && !playbooks.has(id) && problems.length > 0) broken.set(id, problems);
  }
  return broken;
}

/** Of all files together, each id once; absent where no file has any. */
function suppressionsInForce(files: readonly FileInForce[]): FileSuppressions | null {
  const windows = new Map<string, MaintenanceWindow>();
  const rules = new Map<string, InhibitRule>();
  for (const { good } of files) {
    if (good?.type !== 'suppressions') continue;
    for (const window of good.content.windows)
      if (!windows.has(window.window_id)) windows.set(window.window_id, window);
    for (const rule of good.content.inhibit_rules)
      if (!rules.has(rule.inhibit_rule_id)) rules.set(rule.inhibit_rule_id, rule);
  }
  if (windows.size + rules.size === 0) return null;
  return { windows: [...windows.values()], inhibit_rules: [...rules.values()] };
}

function doubleSuppressions(files: readonly FileInForce[]): Problem[] {
  const first = new Map<string, Problem>();
  const problems: Problem[] = [];
  for (const { kind, id, place } of files.flatMap((file) => file.claims?.suppressions ?? [])) {
    const before = first.get(`${kind} ${id}`);
    if (!before) first.set(`${kind} ${id}`, place);
    // What stands twice in one file was told when the file was read.
    else if (before.file !== place.file)
      problems.push({ ...place, message: `${kind} ${id} stands twice, first in ${before.file}:${before.line}` });
  }
  return problems;
}

function playbooksInForce(
  files: readonly FileInForce[],
  owners: ReadonlyMap<string, string>,
): Map<string, CheckedPlaybook> {
  const playbooks = new Map<string, CheckedPlaybook>();
  for (const { good } of files) {
    if (good?.type !== 'playbook') continue;
    const { playbook_id } = good.checked.playbook;
    if (!playbooks.has(playbook_id) || owners.get(playbook_id) === good.checked.file)
      playbooks.set(playbook_id, good.checked);
  }
  return playbooks;
}

/** Each `rule_id` once; the second is told as a problem. */
function writtenRules(files: readonly FileInForce[]): Rule[] {
  const rules = new Map<string, Rule>();
  for (const { good } of files) {
    if (good?.type !== 'rules') continue;
    for (const rule of good.rules) if (!rules.has(rule.rule_id)) rules.set(rule.rule_id, rule);
  }
  return [...rules.values()];
}

function claimedPlaybooks(files: readonly FileInForce[]): Mention[] {
  return files.flatMap((file) => file.claims?.playbook ?? []);
}

function starters(files: readonly FileInForce[]): Starter[] {
  return files.flatMap(({ claims }) =>
    claims?.starts ? [{ playbook_id: claims.playbook?.id ?? null, starts: claims.starts }] : [],
  );
}

function doublePlaybooks(files: readonly FileInForce[], playbooks: ReadonlyMap<string, CheckedPlaybook>): Problem[] {
  const first = new Map<string, string>();
  for (const { id, place } of claimedPlaybooks(files))
    if (!first.has(id) || playbooks.get(id)?.file === place.file) first.set(id, place.file);
  return claimedPlaybooks(files)
    .filter(({ id, place }) => first.get(id) !== place.file)
    .map(({ id, place }) => ({ ...place, message: `playbook ${id} stands twice; ${first.get(id) ?? ''} has it too` }));
}

function doubleRules(files: readonly FileInForce[]): Problem[] {
  const first = new Map<string, Mention>();
  const problems: Problem[] = [];
  for (const { rule } of claimedRules(files)) {
    if (!rule) continue;
    const before = first.get(rule.id);
    if (!before) first.set(rule.id, rule);
    else {
      const { file, line } = before.place;
      const message = `rule ${rule.id} stands twice, first in ${file}:${line}`;
      problems.push({ ...rule.place, message });
    }
  }
  return problems;
}

/** Such a rule stays in its place: an alert that it matches is told that the playbook is off, and does not fall to a later rule. */
function danglingRules(files: readonly FileInForce[], known: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  for (const { playbook } of claimedRules(files))
    if (playbook && !known.has(playbook.id)) {
      const { id, place } = playbook;
      problems.push({ ...place, message: `there is no playbook ${id}${didYouMean(id, known)}` });
    }
  return problems;
}

/** One after the other: there may be many thousands. */
function* claimedRules(files: readonly FileInForce[]): Generator<Claims['rules'][number]> {
  for (const { claims } of files) if (claims) yield* claims.rules;
}

/**
 * The playbooks whose own `trigger_conditions` may count. While a rules file is broken and was never good, what it names is not started
 * by looser conditions in its stead; where it cannot even be read, nothing is. A playbook that was never good keeps its conditions: an alert
 * that they match is told that the playbook is off, and does not fall to a later rule.
 */
function triggeredPlaybooks(
  playbooks: ReadonlyMap<string, CheckedPlaybook>,
  files: readonly FileInForce[],
): Triggered[] {
  const lost = files.filter((file) => file.good === null);
  if (lost.some((file) => file.claims === null)) return [];
  const named = new Set(lost.flatMap((file) => file.claims?.rules ?? []).map(({ playbook }) => playbook?.id));
  return [...[...playbooks.values()].map((checked) => checked.playbook), ...brokenPlaybooks(playbooks, files)].filter(
    (playbook) => !named.has(playbook.playbook_id),
  );
}

function brokenPlaybooks(playbooks: ReadonlyMap<string, CheckedPlaybook>, files: readonly FileInForce[]): Triggered[] {
  const broken = new Map<string, Triggered>();
  for (const { good, claims } of files) {
    const playbook_id = claims?.playbook?.id;
    if (good !== null || playbook_id === undefined || playbooks.has(playbook_id) || broken.has(playbook_id)) continue;
    if (claims?.triggers) broken.set(playbook_id, { playbook_id, trigger_conditions: [...claims.triggers] });
  }
  return [...broken.values()];
}

function byPlace(a: Problem, b: Problem): number {
  return compare(a.file, b.file) || a.line - b.line || a.column - b.column;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
