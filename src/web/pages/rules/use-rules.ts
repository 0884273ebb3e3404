import type { UseQueryResult } from '@tanstack/react-query';
import type { z } from 'zod';
import type { RuleItem } from '../../../domain/api/rule.js';
import type { Page } from '../../api/pages.js';
import { useGet } from '../../api/queries.js';

/** A rule in force with how often it matched. */
export type RuleRow = z.infer<typeof RuleItem>;

const MOST = 200;

/** The rules in force of one id or of one playbook, the first 200 in their order; asked for nothing, the very first one. */
export function useRules(wanted: {
  readonly rule_id?: string;
  readonly playbook_id?: string;
}): UseQueryResult<Page<RuleRow>> {
  const isAny = wanted.rule_id === undefined && wanted.playbook_id === undefined;
  return useGet<Page<RuleRow>>('/api/v1/rules', { query: { ...wanted, limit: isAny ? 1 : MOST } });
}
