import type { Page, PageRequest } from '../page.js';

export interface AuditEntry {
  readonly audit_id: string;
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly target: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Which entries of the journal are asked for; all must hold. */
export interface AuditFilter {
  /** Anywhere in the name, whatever the case. */
  readonly who?: string;
  /** How the deed begins: `incident.` for all that was done to incidents. */
  readonly what?: string;
  readonly target?: string;
  readonly since?: string;
}

export interface Audit {
  add(entry: AuditEntry): Promise<void>;
  /** The newest first. A page looks at so many entries and no more: where few fit it holds fewer than asked for, and its cursor leads on. */
  list(page: PageRequest, filter?: AuditFilter): Promise<Page<AuditEntry>>;
}
