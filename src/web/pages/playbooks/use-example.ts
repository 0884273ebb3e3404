import type { RuleMatch } from '../../../domain/rule/rule.js';
import { useRules } from '../rules/use-rules.js';
import { exampleAlert } from './example-alert.js';

/** An alert that starts a playbook, as text to begin from; null until the rules are known. */
export function useExample(playbook_id: string, own: readonly RuleMatch[] | undefined): string | null {
  const { data, isPending } = useRules({ playbook_id });
  if (isPending) return null;
  const enabled = data?.items.find((rule) => rule.enabled !== false);
  return exampleText(enabled ?? own?.[0] ?? null);
}

/** An example as somebody would write it. */
export function exampleText(match: RuleMatch | null): string {
  return JSON.stringify(exampleAlert(match), null, 2);
}
