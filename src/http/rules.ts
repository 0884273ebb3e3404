import { z } from 'zod';
import { alertOfDraft } from '../domain/api/alert.js';
import { PageQuery, pageOf, pageOfArray, pageRequest } from '../domain/api/page.js';
import {
  Explanation,
  ExplainRequest,
  RuleItem,
  RuleQuery,
  RulesVersionAnswer,
  RulesVersionItem,
} from '../domain/api/rule.js';
import type { RuleExplanation } from '../domain/decision/decision.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';
import { createRuleOrder, filterRules } from './rule-list.js';
import type { PlacedRule } from './rule-list.js';

/** A rule set may hold a hundred thousand rules; nobody reads that many reasons. */
const MAX_EXPLAINED = 1_000;

/** What cannot be known of an alert that has not come. */
const NOT_LOOKED_AT: readonly string[] = [
  'what comes before such an alert does: runs, limits and storms are looked at as they are now',
  'what a run that starts meets on its way: the pause, frozen writes, approvals and guards hold its writes, not the run',
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
        summary:
          'What would become of an alert: its decision, every stage on the way to it, every rule; nothing is written or started',
        body: ExplainRequest,
        ...answers(200, Explanation),
      },
    },
    (request) => explain(request.body.alert, deps),
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

async function explain(draft: z.infer<typeof ExplainRequest>['alert'], deps: HttpDeps): Promise<Explanation> {
  const given = alertOfDraft(draft, deps.ids.next(), deps.clock.now(), deps.subject);
  const came = { ...given, occurrence_id: draft.occurrence_id ?? given.occurrence_id };
  const { alert, decision, stages } = await deps.foresee(came);
  const all = deps.rules().explain(alert);
  const held = alert.status === 'resolved' ? [] : deps.suppressions.explain(alert);
  return {
    items: mostTelling(all),
    rules: all.length,
    decision,
    stages: [...stages],
    alert,
    held_by: held.map(({ reason, by, until, explanation }) => ({ reason, by, until, explanation })),
    not_looked_at: [...NOT_LOOKED_AT],
  };
}

function rank(rule: RuleExplanation): number {
  if (rule.chosen) return 0;
  return rule.matched ? 1 : 2;
}
