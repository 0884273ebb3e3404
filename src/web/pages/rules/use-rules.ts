import { useQuery } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import type { RuleItem } from '../../../domain/api/rule.js';
import type { z } from 'zod';
import { useApi } from '../../api/context.js';
import type { Page } from '../../api/pages.js';

/** A rule in force with how often it matched. */
export type RuleRow = z.infer<typeof RuleItem>;

const PAGE = 200;
/** Rules that are looked through for some of them. */
export const MOST_RULES = 5_000;

export interface FoundRules {
  /** Each with its place in the order, counted from 1. */
  readonly found: readonly { readonly rule: RuleRow; readonly place: number }[];
  /** False: there are more rules than were looked through. */
  readonly complete: boolean;
}

interface AllRules {
  readonly rules: readonly RuleRow[];
  readonly complete: boolean;
}

/** The rules in force, in their order, that a question is answered yes for; of the first 5,000. */
export function useRules(wanted: (rule: RuleRow) => boolean): UseQueryResult<FoundRules> {
  const api = useApi();
  return useQuery<AllRules, Error, FoundRules>({
    queryKey: ['/api/v1/rules', 'all'],
    queryFn: async ({ signal }) => {
      const rules: RuleRow[] = [];
      let cursor: string | null = null;
      do {
        const query: Readonly<Record<string, string | number | null>> = { limit: PAGE, cursor };
        const page: Page<RuleRow> = await api.request('GET', '/api/v1/rules', { query, signal });
        rules.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null && rules.length < MOST_RULES);
      return { rules, complete: cursor === null };
    },
    staleTime: 15_000,
    select: ({ rules, complete }) => ({
      found: rules.flatMap((rule, index) => (wanted(rule) ? [{ rule, place: index + 1 }] : [])),
      complete,
    }),
  });
}
