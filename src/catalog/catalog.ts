import type { Catalog, CatalogContent, Problem } from '../domain/catalog.js';
import type { Clock } from '../domain/clock.js';
import type { ExecutorSpec } from '../domain/executor.js';
import type { Log } from '../domain/log.js';
import type { Rule } from '../domain/rule/rule.js';
import type { Criterion } from '../domain/rule/rule-criterion.js';
import { prepareRules } from '../domain/rule/rule-match.js';
import { finishCalmly } from '../domain/steps.js';
import { assemble, assembleSteps } from './assemble.js';
import type { FileInForce } from './assemble.js';
import { inForce, problemsOnly, unreadable } from './check.js';
import type { GoodFile } from './load-file.js';
import { breathe } from './quick-rules.js';
import { atStart, findFiles, isRulesFile } from './read-files.js';
import type { FoundFile } from './read-files.js';

/** How often the folder is looked at. Polling works on every file system; watching does not (network mounts, ConfigMaps). */
const POLL_MS = 2_000;
const MAX_LOGGED = 50;

/** What a catalog needs. `dir` may be missing: then it is empty, and says so. */
export interface CatalogOptions {
  readonly dir: string;
  readonly kinds: ReadonlyMap<string, ExecutorSpec>;
  readonly clock: Clock;
  /** Whether changes on disk are taken up while it runs. */
  readonly watch: boolean;
  readonly log: Log;
}

/**
 * Loads a playbooks folder, and keeps the last good version of every file that breaks while it watches. Resolves when the playbooks are in force;
 * the rules, of which there may be many thousands, follow.
 */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const catalog = new FolderCatalog(options);
  await catalog.start();
  return catalog;
}

interface Seen {
  readonly stamp: string;
  /** As it stands on disk. */
  readonly read: FileInForce;
  /** As far as it counts: perhaps an earlier version. */
  readonly state: FileInForce;
}

class FolderCatalog implements Catalog {
  readonly #options: CatalogOptions;
  readonly #listeners = new Set<(content: CatalogContent) => void>();
  #seen: ReadonlyMap<string, Seen> = new Map();
  #folderProblems: readonly Problem[] = [];
  #content: CatalogContent = { playbooks: new Map(), rules: [], problems: [] };
  #cancel: () => void = () => undefined;
  #looking: Promise<void> = Promise.resolve();
  /** False until all files were put together for the first time. */
  #told = false;
  #stopped = false;

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const found = (await this.#find()) ?? [];
    await this.#read(found.filter(({ file }) => !isRulesFile(file)));
    this.#content = { ...assemble(...this.#parts()), rules: [], problems: [] };
    this.#looking = this.#look().finally(() => this.#schedule());
  }

  whole(): Promise<void> {
    return this.#looking;
  }

  content(): CatalogContent {
    return this.#content;
  }

  onChange(listener: (content: CatalogContent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#looking;
  }

  #schedule(): void {
    if (!this.#options.watch || this.#stopped) return;
    this.#cancel = this.#options.clock.after(POLL_MS, () => {
      this.#looking = this.#look().finally(() => this.#schedule());
    });
  }

  /** Never rejects: what goes wrong with the folder is a problem of the content. */
  async #look(): Promise<void> {
    const before = JSON.stringify(this.#folderProblems);
    const found = await this.#find();
    // Without a folder everything stays in force: a mount that went away is no wish to forget all playbooks.
    const changed = found !== null && (await this.#read(found));
    if (changed || !this.#told || JSON.stringify(this.#folderProblems) !== before) await this.#publish();
  }

  async #find(): Promise<readonly FoundFile[] | null> {
    try {
      const { files, problems } = await findFiles(this.#options.dir);
      this.#folderProblems = problems;
      return files;
    } catch (error) {
      this.#folderProblems = [atStart(this.#options.dir, unreadable(error))];
      return null;
    }
  }

  async #read(found: readonly FoundFile[]): Promise<boolean> {
    const next = new Map<string, Omit<Seen, 'state'>>();
    let changed = found.length !== this.#seen.size;
    for (const { file, path, stamp } of found) {
      const seen = this.#seen.get(file);
      if (seen?.stamp === stamp) {
        next.set(file, seen);
        continue;
      }
      changed = true;
      next.set(file, { stamp, read: await inForce(file, path, this.#options.kinds, seen?.state.known) });
    }
    if (changed) this.#seen = asFarAsTheyCount(next, this.#seen);
    return changed;
  }

  /** What `assemble` is asked: all files as they stand. */
  #parts(): Parameters<typeof assemble> {
    const owners = new Map([...this.#content.playbooks].map(([playbook_id, { file }]) => [playbook_id, file]));
    const files = [...this.#seen.values()].map((seen) => seen.state);
    return [[...files, problemsOnly(this.#folderProblems)], { owners }];
  }

  async #publish(): Promise<void> {
    // With ten thousand rules each of these takes some milliseconds.
    const content = await finishCalmly(assembleSteps(...this.#parts()), breathe);
    await breathe();
    if (this.#told && isSame(content, this.#content)) return;
    this.#told = true;
    const compiled = compiledOf(this.#seen);
    await breathe();
    await prepareRules(content.rules, compiled, breathe);
    const known = new Set(this.#content.problems.map(problemKey));
    this.#content = content;
    this.#tell(content, known);
    for (const listener of this.#listeners) listener(content);
  }

  #tell({ playbooks, rules, problems }: CatalogContent, known: ReadonlySet<string>): void {
    const { log } = this.#options;
    log.info(
      { playbooks: playbooks.size, rules: rules.length, problems: problems.length },
      'playbooks and rules are in force',
    );
    const fresh = problems.filter((problem) => !known.has(problemKey(problem)));
    for (const { file, line, column, message } of fresh.slice(0, MAX_LOGGED))
      log.warn(
        { file, line, column, problem: message },
        'a file of the playbooks folder is wrong; its last good version, if any, is in force',
      );
    if (fresh.length > MAX_LOGGED)
      log.warn({ more: fresh.length - MAX_LOGGED }, 'more problems in the playbooks folder');
  }
}

function problemKey({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column}:${message}`;
}

/**
 * What a broken file was when it was last good stays in force. So does what a rules file was before it named a playbook that nobody has: the
 * playbook may come a moment later, and the rules with it.
 */
function asFarAsTheyCount(
  read: ReadonlyMap<string, Omit<Seen, 'state'>>,
  before: ReadonlyMap<string, Seen>,
): ReadonlyMap<string, Seen> {
  const playbooks = playbooksIn(read, before);
  const counted = new Map<string, Seen>();
  for (const [file, { stamp, read: now }] of read) {
    const last = before.get(file)?.state;
    const isKept = last !== undefined && (now.good === null || namesNobody(now.good, last.good, playbooks));
    counted.set(file, { stamp, read: now, state: isKept ? withGoodOf(now, last) : now });
  }
  return counted;
}

/** The playbooks of all files, also of those that are broken. */
function playbooksIn(
  read: ReadonlyMap<string, Omit<Seen, 'state'>>,
  before: ReadonlyMap<string, Seen>,
): ReadonlySet<string | undefined> {
  return new Set(
    [...read].flatMap(([file, { read: now }]) => {
      const good = now.good ?? before.get(file)?.state.good;
      return [now.claims?.playbook?.id, good?.type === 'playbook' ? good.checked.playbook.playbook_id : undefined];
    }),
  );
}

/** Whether rules name a playbook that is nowhere, and that they did not name before. */
function namesNobody(now: GoodFile, last: GoodFile | null, playbooks: ReadonlySet<string | undefined>): boolean {
  if (now === last || now.type !== 'rules' || last?.type !== 'rules') return false;
  const named = new Set(last.rules.map(({ playbook_id }) => playbook_id));
  return now.rules.some(({ playbook_id }) => !playbooks.has(playbook_id) && !named.has(playbook_id));
}

function withGoodOf(now: FileInForce, last: FileInForce): FileInForce {
  if (last.good === null) return now;
  return { ...now, good: last.good, ...(last.known ? { known: last.known } : {}) };
}

function compiledOf(seen: ReadonlyMap<string, Seen>): ReadonlyMap<Rule, Criterion[]> {
  const compiled = new Map<Rule, Criterion[]>();
  for (const { state } of seen.values())
    for (const { rule, criteria } of state.known?.values() ?? []) compiled.set(rule, criteria);
  return compiled;
}

/** Tells one content from another, so that a touched file wakes nobody. */
function isSame(one: CatalogContent, other: CatalogContent): boolean {
  return fingerprint(one) === fingerprint(other) && haveSameRules(one.rules, other.rules);
}

function fingerprint({ playbooks, problems, suppressions }: CatalogContent): string {
  return JSON.stringify([
    [...playbooks.values()].map(({ version, file, source }) => [version, file, source]),
    problems,
    suppressions,
  ]);
}

/** Rules that did not change are mostly the same objects; ten thousand texts would take too long to make. */
function haveSameRules(some: readonly Rule[], others: readonly Rule[]): boolean {
  if (some.length !== others.length) return false;
  return some.every((rule, index) => rule === others[index] || JSON.stringify(rule) === JSON.stringify(others[index]));
}
