import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { RuleCounts, RuleHistory, RulesVersion } from '../../domain/rule/rule-history.js';
import type { Rule } from '../../domain/rule/rule.js';
import type { Db } from '../db.js';
import { checkCursor, Conditions, pageOf } from './page.js';

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Rules that are made into text between two breaths: ten thousand at once would be a stop that everybody feels. */
const AT_ONCE = 250;

/** Every set of rules that was ever in force. */
export function createRuleHistory(db: Db): RuleHistory {
  return {
    async record(rules, at) {
      const text = await textOf(rules);
      const version = createHash('sha256').update(text).digest('hex').slice(0, 32);
      const [newest] = await db.query<{ version: string; known: boolean }>({
        text: `select version, exists (select from rule_versions as other where other.version = $1 and content is not null) as known
          from rule_versions order by in_force_at desc, version desc limit 1`,
        values: [version],
      });
      if (newest?.version === version) return;
      const content = newest?.known ? null : await zip(text);
      await db.query({
        text: 'insert into rule_versions (in_force_at, version, rule_count, content) values ($1, $2, $3, $4) on conflict do nothing',
        values: [at, version, rules.length, content],
      });
    },
    async versions(page) {
      const conditions = new Conditions().add('in_force_at < $::timestamptz', checkCursor(page, 'instant'));
      const rows = await db.query<RulesVersion>({
        text: `select version, in_force_at, rule_count from rule_versions ${conditions.where} order by in_force_at desc, version desc limit ${conditions.param(page.limit + 1)}`,
        values: conditions.values,
      });
      return pageOf(rows, page.limit, (row) => row.in_force_at);
    },
    async rulesOf(version) {
      const [row] = await db.query<{ content: Uint8Array }>({
        text: 'select content from rule_versions where version = $1 and content is not null limit 1',
        values: [version],
      });
      // What was written here was checked when it was read from its file.
      return row ? (JSON.parse((await unzip(row.content)).toString()) as Rule[]) : null;
    },
    async at(at) {
      const [row] = await db.query<RulesVersion>({
        text: 'select version, in_force_at, rule_count from rule_versions where in_force_at <= $1 order by in_force_at desc, version desc limit 1',
        values: [at],
      });
      return row ?? null;
    },
  };
}

/** The same for the same rules, in whatever order they come. */
async function textOf(rules: readonly Rule[]): Promise<string> {
  const sorted = [...rules].sort((a, b) => (a.rule_id < b.rule_id ? -1 : 1));
  const parts: string[] = [];
  for (let from = 0; from < sorted.length; from += AT_ONCE) {
    parts.push(
      sorted
        .slice(from, from + AT_ONCE)
        .map((rule) => JSON.stringify(rule))
        .join(',\n'),
    );
    await new Promise((resolve) => setImmediate(resolve));
  }
  return `[${parts.join(',\n')}]`;
}

/** How often rules have taken an alert. */
export function createRuleCounts(db: Db): RuleCounts {
  return {
    async add(counts) {
      if (counts.length === 0) return;
      await db.query({
        // In one order for all processes, so that none waits for another that waits for it.
        text: `insert into rule_counts (rule_id, matched, last_at)
          select rule_id, matched, last_at from json_to_recordset($1::json) as x(rule_id text, matched bigint, last_at timestamptz) order by rule_id
          on conflict (rule_id) do update set matched = rule_counts.matched + excluded.matched, last_at = greatest(rule_counts.last_at, excluded.last_at)`,
        values: [JSON.stringify(counts)],
      });
    },
    find: (rule_ids) =>
      db.query({
        text: 'select rule_id, matched, last_at from rule_counts where rule_id = any($1::text[])',
        values: [rule_ids],
      }),
  };
}
