import { z } from 'zod';
import { alertOfDraft } from '../domain/api/alert.js';
import type { Alert } from '../domain/alert.js';
import { PageQuery, pageOf, pageOfArray, pageRequest } from '../domain/api/page.js';
import {
  Explanation,
  ExplainRequest,
  RuleItem,
  RuleQuery,
  RulesVersionAnswer,
  RulesVersionItem,
} from '../domain/api/rule.js';
import type { RuleExplanation } from '../domain/decision.js';
import type { Suppressed } from '../domain/suppression-set.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';
import { createRuleOrder, filterRules } from './rule-list.js';
import type { PlacedRule } from './rule-list.js';

/** A rule set may hold a hundred thousand rules; nobody reads that many reasons. */
const MAX_EXPLAINED = 1_000;

/** What is known only when the alert arrives: it depends on what else has arrived and run by then. */
const NOT_LOOKED_AT: readonly string[] = [
  'the intake (intake:), which may change or drop an alert before any rule sees it',
  'whether it repeats an alert that is known already',
  'whether it joins a run that is under way for its group, and how long its group waits (group_wait, group_interval)',
  'cooldowns, rate limits and the most runs at once',
  'storm mode, in which nothing new starts or writes need an approval',
];

/** What binds alerts to playbooks, and why. */
export function ruleRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const onRequest = auth.require('read');
  const inOrder = createRuleOrder();

  app.get(
    '/api/v1/rules',
    {
      onRequest,
      schema: {
        tags: ['rules'],
        summary: 'The rules in force, those with the highest priority first',
        querystring: RuleQuery,
        ...answers(200, pageOf(RuleItem)),
      },
    },
    async (request) => {
      const page = pageOfArray(
        filterRules(inOrder(deps.catalog.content().rules), request.query),
        pageRequest(request.query),
      );
      return { ...page, items: await counted(page.items, deps) };
    },
  );

  app.get(
    '/api/v1/rules/versions',
    {
      onRequest,
      schema: {
        tags: ['rules'],
        summary: 'Every set of rules that was ever in force, the newest first',
        querystring: PageQuery,
        ...answers(200, pageOf(RulesVersionItem)),
      },
    },
    (request) => deps.store.ruleHistory.versions(pageRequest(request.query)),
  );

  app.get(
    '/api/v1/rules/versions/:version',
    {
      onRequest,
      schema: { tags: ['rules'], params: z.object({ version: PathId }), ...answers(200, RulesVersionAnswer) },
    },
    async (request) => {
      const { version } = request.params;
      const rules = found(await deps.store.ruleHistory.rulesOf(version), `version ${version} of the rules`);
      return { version, rules: [...rules] };
    },
  );

  app.post(
    '/api/v1/rules/explain',
    {
      onRequest,
      schema: {
        tags: ['rules'],
        summary: 'Every rule, and why it matches an alert or not, and what would hold it back; nothing is started',
        body: ExplainRequest,
        ...answers(200, Explanation),
      },
    },
    (request) => explain(alertOfDraft(request.body.alert, deps.ids.next(), deps.clock.now()), deps),
  );
}

/** Rules with how often they have matched. */
async function counted(rules: readonly PlacedRule[], { store }: HttpDeps): Promise<RuleItem[]> {
  const counts = await store.ruleCounts.find(rules.map(({ rule }) => rule.rule_id));
  const byId = new Map(counts.map((count) => [count.rule_id, count]));
  return rules.map(({ rule, place }) => {
    const count = byId.get(rule.rule_id);
    return { ...rule, place, matched: count?.matched ?? 0, last_matched_at: count?.last_at ?? null };
  });
}

/** The chosen rules first, then those that match; no more than anybody reads. */
export function mostTelling(all: readonly RuleExplanation[]): RuleExplanation[] {
  return [...all].sort((a, b) => rank(a) - rank(b)).slice(0, MAX_EXPLAINED);
}

function explain(alert: Alert, deps: HttpDeps): Explanation {
  const all = deps.rules().explain(alert);
  const held = alert.status === 'resolved' ? [] : deps.suppressions.explain(alert);
  return {
    items: mostTelling(all),
    rules: all.length,
    decision: decide(
      alert,
      all.filter((rule) => rule.chosen),
      held[0] ?? null,
      deps,
    ),
    held_by: held.map(({ reason, by, until, explanation }) => ({ reason, by, until, explanation })),
    not_looked_at: [...NOT_LOOKED_AT],
  };
}

function decide(
  alert: Alert,
  chosen: readonly RuleExplanation[],
  held: Suppressed | null,
  deps: HttpDeps,
): Explanation['decision'] {
  const first = chosen[0];
  if (alert.status === 'resolved') return drop('resolved', null, 'a resolved alert starts nothing');
  if (held) {
    const { reason, until, by, explanation } = held;
    const rule_id = first?.rule_id ?? null;
    const playbook_id = first?.playbook_id ?? null;
    return { action: 'hold', reason, rule_id, playbook_id, playbook_ids: [], explanation, until, by };
  }
  if (first === undefined) return drop('no_match', null, 'no rule matches');
  const { playbooks, rules } = deps.catalog.content();
  const off = new Set(rules.filter((rule) => rule.mode === 'off').map((rule) => rule.rule_id));
  const on = chosen.filter(
    (rule) => !off.has(rule.rule_id) && playbooks.get(rule.playbook_id)?.playbook.mode !== 'off',
  );
  const [chief] = on;
  if (chief === undefined) {
    const which = off.has(first.rule_id) ? 'its mode' : `playbook ${first.playbook_id}`;
    return drop('playbook_off', first, `rule ${first.rule_id} matches, but ${which} is off`);
  }
  const playbook_ids = [...new Set(on.map((rule) => rule.playbook_id))];
  const { rule_id, playbook_id } = chief;
  const also = playbook_ids.slice(1);
  const more = also.length === 0 ? '' : `, and also ${also.join(', ')}`;
  const explanation = `rule ${rule_id} matches: playbook ${playbook_id} would run${more}`;
  return { action: 'run', reason: null, rule_id, playbook_id, playbook_ids, explanation, until: null, by: null };
}

function drop(
  reason: 'resolved' | 'no_match' | 'playbook_off',
  rule: RuleExplanation | null,
  explanation: string,
): Explanation['decision'] {
  const rule_id = rule?.rule_id ?? null;
  const playbook_id = rule?.playbook_id ?? null;
  return { action: 'drop', reason, rule_id, playbook_id, playbook_ids: [], explanation, until: null, by: null };
}

function rank(rule: RuleExplanation): number {
  if (rule.chosen) return 0;
  return rule.matched ? 1 : 2;
}
