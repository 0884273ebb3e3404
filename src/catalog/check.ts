import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CatalogContent, Problem } from '../domain/catalog.js';
import { messageOf } from '../domain/errors.js';
import type { ExecutorSpec } from '../domain/executor.js';
import { assemble } from './assemble.js';
import type { FileInForce } from './assemble.js';
import { loadFile } from './load-file.js';
import { loadRulesQuickly } from './quick-rules.js';
import type { KnownRules } from './quick-rules.js';
import { atStart, findFiles, isRulesFile, readText } from './read-files.js';

type Kinds = ReadonlyMap<string, ExecutorSpec>;

/**
 * Checks files and folders as one set, without any configuration, and answers everything that is wrong at once. Problems name files as
 * they were asked for. Rules and playbooks may name playbooks of their own folder that were not asked for.
 */
export async function checkFiles(paths: readonly string[], kinds: Kinds): Promise<CatalogContent> {
  const asked = new Map<string, string>();
  const problems: Problem[] = [];
  for (const path of paths) {
    try {
      for (const [file, place] of await filesAt(path, problems)) asked.set(file, place);
    } catch (error) {
      problems.push(atStart(path, unreadable(error)));
    }
  }
  const files: FileInForce[] = [];
  for (const [file, path] of asked) files.push(await inForce(file, path, kinds));
  const elsewhere = await neighbours(files, asked, kinds);
  return assemble([...files, problemsOnly(problems)], { elsewhere });
}

/** Problems that belong to no file that was read. */
export function problemsOnly(problems: readonly Problem[]): FileInForce {
  return { file: '', good: null, problems, claims: { is_rules: false, playbook: null, rules: [] } };
}

/** What the reader should know of an error of the file system. */
export function unreadable(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code; // Node's errors carry one
  if (code === 'ENOENT') return 'there is no such file or folder';
  if (code === 'EACCES' || code === 'EPERM') return 'the file or folder may not be read by this user';
  return `cannot be read: ${messageOf(error)}`;
}

async function filesAt(path: string, problems: Problem[]): Promise<[string, string][]> {
  if (!(await stat(path)).isDirectory()) return [[path, path]];
  const found = await findFiles(path);
  problems.push(...found.problems.map((problem) => ({ ...problem, file: join(path, problem.file) })));
  if (found.files.length === 0) problems.push(atStart(path, 'the folder holds no *.yaml and no *.yml'));
  return found.files.map((file): [string, string] => [join(path, file.file), file.path]);
}

/** Reads one file from disk into what is in force of it. A file that cannot be read might be anything but what its name says. */
export async function inForce(file: string, path: string, kinds: Kinds, known?: KnownRules): Promise<FileInForce> {
  const claims = isRulesFile(file) ? null : { is_rules: false, playbook: null, rules: [] };
  try {
    const text = await readText(file, path);
    if (typeof text !== 'string') return { file, good: null, problems: [text], claims };
    const quick = isRulesFile(file) ? await loadRulesQuickly(file, text, known) : null;
    return { file, ...(quick ?? loadFile(file, text, kinds)) };
  } catch (error) {
    return { file, good: null, problems: [atStart(file, unreadable(error))], claims };
  }
}

/** The playbooks beside files that name some and were asked for alone: `fixpoint check playbooks/rules.yaml` must not miss them. */
async function neighbours(
  files: readonly FileInForce[],
  asked: ReadonlyMap<string, string>,
  kinds: Kinds,
): Promise<Set<string>> {
  const ids = new Set<string>();
  const naming = files.filter(({ claims }) => claims?.is_rules === true || (claims?.starts ?? []).length > 0);
  const folders = new Set(naming.map(({ file }) => dirname(file)));
  for (const folder of folders) {
    const found = await findFiles(folder).catch(() => ({ files: [] }));
    for (const { file, path } of found.files) {
      if (asked.has(join(folder, file))) continue;
      const { claims } = await inForce(file, path, kinds);
      if (claims?.playbook) ids.add(claims.playbook.id);
    }
  }
  return ids;
}
