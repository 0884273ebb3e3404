import { instant } from '../domain/clock.js';
import type { AuditEntry } from '../domain/access/audit.js';
import type { HttpDeps } from './deps.js';

/**
 * Writes down who did what. The deed is done when this is called: a journal that cannot be written is told to the log and must not
 * make the deed look undone.
 */
export async function audit(deps: HttpDeps, entry: Omit<AuditEntry, 'audit_id' | 'at'>): Promise<void> {
  try {
    await deps.store.audit.add({ audit_id: deps.ids.next(), at: instant(deps.clock.now()), ...entry });
  } catch (error) {
    deps.log.error({ err: error, who: entry.who, what: entry.what, target: entry.target }, 'the audit was not written');
  }
}
