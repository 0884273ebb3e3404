import { path } from '../../api/client.js';

/** What the service cannot write: of which kind, and where its page is; a kind of its own words otherwise. */
export type StuckEntry =
  | { readonly kind: 'run' | 'alert'; readonly id: string; readonly href: string }
  | { readonly kind: 'occurrence'; readonly id: string; readonly href: null }
  | { readonly kind: 'other'; readonly text: string };

/** Reads `the run 01M…`, as the service names what it cannot write. */
export function stuckEntry(text: string): StuckEntry {
  const [, kind, id] = /^the (run|alert|occurrence) (\S+)$/.exec(text) ?? [];
  if (kind === 'run' && id !== undefined) return { kind, id, href: path`/runs/${id}` };
  if (kind === 'alert' && id !== undefined) return { kind, id, href: path`/alerts/${id}` };
  // One firing of an alert, by its key: it has no page, its alerts have.
  if (kind === 'occurrence' && id !== undefined) return { kind, id, href: null };
  return { kind: 'other', text };
}
