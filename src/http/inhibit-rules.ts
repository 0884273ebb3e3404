import { z } from 'zod';
import { pageOfArray, pageRequest } from '../domain/api/page.js';
import {
  InhibitRuleAnswer,
  inhibitRuleAnswer,
  InhibitRuleDraft,
  InhibitRuleList,
  inhibitRuleOf,
  InhibitRuleQuery,
  problemOfTimes,
} from '../domain/api/suppression.js';
import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { invalid } from './refusal.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';
import { addSuppression, endSuppression, fromFile } from './suppressions.js';

const Params = z.object({ inhibit_rule_id: PathId });
const WHAT = 'inhibition rule';

/** Which alerts hold others back while they fire: rules of files and those made here. */
export function inhibitRuleRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const tags = ['inhibition rules'];
  app.get(
    '/api/v1/inhibit_rules',
    {
      onRequest: auth.require('read'),
      schema: {
        tags,
        summary: 'Inhibition rules: those of files first, then the newest; ended ones with origin=api',
        querystring: InhibitRuleQuery,
        ...answers(200, InhibitRuleList),
      },
    },
    async (request) => {
      const now = instant(deps.clock.now());
      const page = pageRequest(request.query);
      if (request.query.origin === 'api') {
        const { items, next_cursor } = await deps.store.suppressions.list('inhibit_rule', {}, page, now);
        const own = items.flatMap((kept) => (kept.kind === 'inhibit_rule' ? [inhibitRuleAnswer(kept.doc, now)] : []));
        return { items: own, next_cursor };
      }
      const rules = deps.suppressions.set.content.inhibit_rules;
      const files = rules.filter((rule) => rule.origin === 'file');
      const own = request.query.origin === 'file' ? [] : rules.filter((rule) => rule.origin === 'api').reverse();
      const { items, next_cursor } = pageOfArray([...files, ...own], page);
      return { items: items.map((rule) => inhibitRuleAnswer(rule, now)), next_cursor };
    },
  );
  app.post(
    '/api/v1/inhibit_rules',
    {
      onRequest: auth.require('operate'),
      schema: {
        tags,
        summary: 'Makes an inhibition rule, as Alertmanager’s inhibit_rules',
        body: InhibitRuleDraft,
        ...answers(201, InhibitRuleAnswer),
      },
    },
    async (request, reply) => {
      const by = principalOf(request).name;
      const now = instant(deps.clock.now());
      const rule = inhibitRuleOf(request.body, { id: deps.ids.next(), by, now: deps.clock.now() });
      const problem = problemOfTimes(now, rule.expires_at, now);
      if (problem !== null) throw invalid([{ path: ['expires_at'], message: problem }], 'body');
      await addSuppression(deps, { kind: 'inhibit_rule', doc: rule }, null);
      const { inhibit_rule_id, source_matchers, target_matchers, equal, comment, expires_at } = rule;
      const details = { source_matchers, target_matchers, equal, comment, expires_at };
      await audit(deps, { who: by, what: 'inhibit_rule.create', target: inhibit_rule_id, details });
      return reply
        .code(201)
        .header('location', `/api/v1/inhibit_rules/${inhibit_rule_id}`)
        .send(inhibitRuleAnswer(rule, now));
    },
  );
  ruleByIdRoutes(app, deps, auth, tags);
}

function ruleByIdRoutes(app: Api, deps: HttpDeps, auth: Auth, tags: string[]): void {
  const ofFile = (id: string) =>
    deps.suppressions.set.content.inhibit_rules.find((rule) => rule.origin === 'file' && rule.inhibit_rule_id === id) ??
    null;
  app.get(
    '/api/v1/inhibit_rules/:inhibit_rule_id',
    { onRequest: auth.require('read'), schema: { tags, params: Params, ...answers(200, InhibitRuleAnswer) } },
    async (request) => {
      const { inhibit_rule_id } = request.params;
      const kept = await deps.store.suppressions.get('inhibit_rule', inhibit_rule_id);
      const own = kept?.kind === 'inhibit_rule' ? kept.doc : null;
      const rule = found(own ?? ofFile(inhibit_rule_id), `${WHAT} ${inhibit_rule_id}`);
      return inhibitRuleAnswer(rule, instant(deps.clock.now()));
    },
  );
  app.delete(
    '/api/v1/inhibit_rules/:inhibit_rule_id',
    {
      onRequest: auth.require('operate'),
      schema: {
        tags,
        summary: 'Ends a rule now; what it holds is decided again at once',
        params: Params,
        ...answers(200, InhibitRuleAnswer),
      },
    },
    async (request) => {
      const { inhibit_rule_id } = request.params;
      if (ofFile(inhibit_rule_id)) throw fromFile(WHAT, inhibit_rule_id);
      const by = principalOf(request).name;
      const kept = await endSuppression(deps, 'inhibit_rule', inhibit_rule_id, by, WHAT);
      if (kept.kind !== 'inhibit_rule') throw new FixpointError('not_found', `there is no ${WHAT} ${inhibit_rule_id}`);
      await audit(deps, { who: by, what: 'inhibit_rule.end', target: inhibit_rule_id, details: {} });
      return inhibitRuleAnswer(kept.doc, kept.doc.expires_at ?? instant(deps.clock.now()));
    },
  );
}
