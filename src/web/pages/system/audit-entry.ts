import type { z } from 'zod';
import type { AuditAnswer } from '../../../domain/api/system.js';

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

const PAGES: Readonly<Record<string, string>> = {
  run: '/runs',
  incident: '/incidents',
  approval: '/approvals',
  silence: '/silences',
};

/** Where the thing stands that something was done to; null where it has no page. */
export function hrefOfTarget({ what, target }: AuditEntry): string | null {
  if (target === null) return null;
  const [noun = ''] = what.split('.');
  if (noun === 'dead_letter')
    return `/system?${new URLSearchParams({ tab: 'dead_letters', letter: target }).toString()}`;
  const folder = Object.hasOwn(PAGES, noun) ? PAGES[noun] : undefined;
  return folder === undefined ? null : `${folder}/${encodeURIComponent(target)}`;
}

/** The details in one line, for a row: what is null is left out. */
export function detailsText(details: AuditEntry['details']): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${plainText(value)}`)
    .join(' · ');
}

/** Words as they are, also several of them; anything else as JSON. */
function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ');
  return JSON.stringify(value) ?? '';
}
