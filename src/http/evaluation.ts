import type { Evaluation } from '../domain/api/evaluation.js';
import type { Alert } from '../domain/alert/alert.js';
import { compileRules } from '../domain/rule/rule-match.js';
import type { RuleSet } from '../domain/rule/rule-match.js';
import type { StoredAlert } from '../domain/decision/alert-view.js';
import type { HttpDeps } from './deps.js';
import { mostTelling } from './rules.js';

/** Rule sets of the past that are kept ready: whoever looks at one alert of an evening looks at its neighbours too. */
const KEPT_READY = 2;

type Needs = Pick<HttpDeps, 'store' | 'rules'>;

/** Tells what every rule says of an alert that has been decided: by the rules of that moment where they are known, by those of now otherwise. */
export function createEvaluation(deps: Needs): (alert: StoredAlert) => Promise<Evaluation> {
  const ready = new Map<string, RuleSet>();
  async function setOf(version: string): Promise<RuleSet | null> {
    const known = ready.get(version);
    if (known) return known;
    const rules = await deps.store.ruleHistory.rulesOf(version);
    if (!rules) return null;
    try {
      const set = compileRules(rules);
      for (const oldest of ready.keys()) if (ready.size >= KEPT_READY) ready.delete(oldest);
      ready.set(version, set);
      return set;
    } catch {
      return null; // written for another Fixpoint, whose rules this one does not understand
    }
  }
  return async (alert) => {
    const decided_at = alert.decision?.decided_at ?? null;
    const then = decided_at === null ? null : await deps.store.ruleHistory.at(decided_at);
    const set = then && (await setOf(then.version));
    const rules = (set ?? deps.rules()).explain(plainAlert(alert));
    return {
      by: set ? 'decision' : 'now',
      version: set && then ? then.version : null,
      in_force_at: set && then ? then.in_force_at : null,
      rules: rules.length,
      items: mostTelling(rules),
    };
  };
}

function plainAlert({ decision: _decision, decisions: _decisions, ...alert }: StoredAlert): Alert {
  return alert;
}
