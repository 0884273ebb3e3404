import type { Problem } from '../domain/catalog.js';
import { Rule } from '../domain/rule.js';
import { criteriaOf } from '../domain/rule-criterion.js';
import type { LoadedFile, Mention } from './load-file.js';
import { readEntry, ruleEntries } from './rule-entries.js';
import type { RuleEntry } from './rule-entries.js';
import { readYaml } from './yaml-file.js';

/** Rules by the text that they stand in: those of a file's last good version need not be read again. */
export type KnownRules = ReadonlyMap<string, Rule>;

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
  const known = new Map<string, Rule>();
  const mentions: { rule: Mention; playbook: Mention }[] = [];
  const places = new Places(file, text);
  for (const entry of ruleEntries(text)) {
    const rule = entry === null ? null : (before?.get(entry.text) ?? readRule(entry));
    if (entry === null || rule === null || rules.length === MAX_RULES) return null;
    rules.push(rule);
    known.set(entry.text, rule);
    mentions.push({
      rule: places.mention(entry, 'rule_id', rule.rule_id),
      playbook: places.mention(entry, 'playbook_id', rule.playbook_id),
    });
    if (rules.length % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    good: { type: 'rules', rules },
    problems: [],
    claims: { is_rules: true, playbook: null, rules: mentions },
    known,
  };
}

function readRule(entry: RuleEntry): Rule | null {
  const parsed = Rule.safeParse(readEntry(entry));
  return parsed.success && criteriaOf(parsed.data).problems.length === 0 ? parsed.data : null;
}

/** Where ids stand, worked out only when somebody has to be told. */
class Places {
  readonly #file: string;
  readonly #text: string;
  #lineStarts: number[] | null = null;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  mention(entry: RuleEntry, key: string, id: string): Mention {
    const locate = (): Problem => this.#locate(entry, key);
    return {
      id,
      get place() {
        return locate();
      },
    };
  }

  #locate({ text, offset, style }: RuleEntry, key: string): Problem {
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
