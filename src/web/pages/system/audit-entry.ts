import type { z } from 'zod';
import type { AuditAnswer } from '../../../domain/api/system.js';
import { path } from '../../api/client.js';

/** Who did what, as the API lists it. */
export type AuditEntry = z.infer<typeof AuditAnswer>;

/** What the journal is looked through for; '' is anything. */
export interface AuditFilter {
  readonly who: string;
  readonly what: string;
  readonly find: string;
}

/** Whether an entry is what is looked for; upper and lower case are the same. */
export function isWanted(entry: AuditEntry, { who, what, find }: AuditFilter): boolean {
  if (who !== '' && !holds(entry.who, who)) return false;
  if (what !== '' && entry.what !== what) return false;
  if (find === '') return true;
  return (
    holds(entry.what, find) ||
    holds(entry.who, find) ||
    holds(entry.target ?? '', find) ||
    holds(JSON.stringify(entry.details), find)
  );
}

function holds(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

/** Where the thing stands that something was done to; null where it has no page. */
export function hrefOfTarget({ what, target }: AuditEntry): string | null {
  if (target === null) return null;
  switch (what.split('.')[0]) {
    case 'run':
      return path`/runs/${target}`;
    case 'incident':
      return path`/incidents/${target}`;
    case 'approval':
      return path`/approvals/${target}`;
    case 'silence':
      return path`/silences/${target}`;
    case 'dead_letter':
      return `/system?${new URLSearchParams({ tab: 'dead_letters', letter: target }).toString()}`;
    default:
      return null;
  }
}

/** The details in one line, for a row: what is null is left out. */
export function detailsText(details: AuditEntry['details']): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : (JSON.stringify(value) ?? '')}`)
    .join(' · ');
}
