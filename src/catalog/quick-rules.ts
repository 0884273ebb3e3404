import type { Problem } from '../domain/catalog.js';
import { Rule } from '../domain/rule/rule.js';
import { compileCriteria } from '../domain/rule/rule-criterion.js';
import type { Criterion } from '../domain/rule/rule-criterion.js';
import type { LoadedFile, Mention } from './load-file.js';
import { readEntry, ruleEntries } from './rule-entries.js';
import type { RuleEntry } from './rule-entries.js';
import { readYaml } from './yaml-file.js';

/** Rules by the text that they stand in: those of a file's last good version need not be read or compiled again. */
export type KnownRules = ReadonlyMap<string, KnownRule>;

export interface KnownRule {
  readonly rule: Rule;
  readonly criteria: Criterion[];
}

export interface QuickRules extends LoadedFile {
  readonly known: KnownRules;
}

const MAX_RULES = 100_000;
/** Entries that are read in one go, about four milliseconds; then everything else that waits has its turn. */
const AT_ONCE = 100;

/**
 * Reads a rules file entry by entry, without holding anything else up, and from the second time on only those that changed. Null for a file
 * that is wrong or laid out in an unusual way: then it has to be read as a whole, which also tells what is wrong.
 */
export async function loadRulesQuickly(file: string, text: string, before?: KnownRules): Promise<QuickRules | null> {
  const rules: Rule[] = [];
  const known = new Map<string, KnownRule>();
  const claims: ClaimedRule[] = [];
  const places = new Places(file, text);
  for (const entry of ruleEntries(text)) {
    const found = entry === null ? null : (before?.get(entry.text) ?? readRule(entry));
    if (entry === null || found === null || rules.length === MAX_RULES) return null;
    rules.push(found.rule);
    known.set(entry.text, found);
    claims.push(new ClaimedRule(found.rule, entry, places));
    if (rules.length % AT_ONCE === 0) await breathe();
  }
  return {
    good: { type: 'rules', rules },
    problems: [],
    claims: { is_rules: true, playbook: null, rules: claims },
    known,
  };
}

/** Lets everything else that waits have its turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function readRule(entry: RuleEntry): KnownRule | null {
  const parsed = Rule.safeParse(readEntry(entry));
  if (!parsed.success) return null;
  const { criteria, problems } = compileCriteria(parsed.data);
  return problems.length === 0 ? { rule: parsed.data, criteria } : null;
}

/** What an entry is about; its parts live for as long as somebody looks at them. */
class ClaimedRule {
  readonly #rule: Rule;
  readonly #entry: RuleEntry;
  readonly #places: Places;

  constructor(rule: Rule, entry: RuleEntry, places: Places) {
    this.#rule = rule;
    this.#entry = entry;
    this.#places = places;
  }

  get rule(): Mention {
    return new PlacedId(this.#rule.rule_id, 'rule_id', this.#entry, this.#places);
  }

  get playbook(): Mention {
    return new PlacedId(this.#rule.playbook_id, 'playbook_id', this.#entry, this.#places);
  }
}

/** An id of an entry, whose place is worked out only when somebody has to be told. */
class PlacedId implements Mention {
  readonly id: string;
  readonly #key: string;
  readonly #entry: RuleEntry;
  readonly #places: Places;

  constructor(id: string, key: string, entry: RuleEntry, places: Places) {
    this.id = id;
    this.#key = key;
    this.#entry = entry;
    this.#places = places;
  }

  get place(): Problem {
    return this.#places.locate(this.#entry, this.#key);
  }
}

/** Where the entries of a file stand. */
class Places {
  readonly #file: string;
  readonly #text: string;
  #lineStarts: number[] | null = null;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  locate({ text, offset, style }: RuleEntry, key: string): Problem {
    const within = readYaml(this.#file, text).locate({ path: style === 'json' ? [key] : [0, key], message: '' });
    const { line, start } = this.#lineAt(offset);
    return {
      ...within,
      line: line + within.line - 1,
      column: within.line === 1 ? offset - start + within.column : within.column,
    };
  }

  #lineAt(offset: number): { line: number; start: number } {
    this.#lineStarts ??= lineStartsOf(this.#text);
    let [low, high] = [0, this.#lineStarts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, start: this.#lineStarts[low] ?? 0 };
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
