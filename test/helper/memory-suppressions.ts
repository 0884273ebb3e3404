import type { SuppressionStore } from '../../src/domain/suppression/suppression-store.js';
import type { KeptSuppression } from '../../src/domain/suppression/suppression.js';
import { silenceState } from '../../src/domain/suppression/suppression.js';

/** What people have made to hold alerts back, in memory; the newest last. */
export function memorySuppressions(kept: KeptSuppression[]): SuppressionStore {
  const find = (kind: string, id: string) => kept.findIndex((each) => each.kind === kind && idOf(each) === id);
  return {
    shared: false,
    add: async (item, replaces, at) => {
      if (replaces !== null && (await end(item.kind, replaces, at, item.doc.created_by)) === null) return 'gone';
      kept.push(item);
      return 'added';
    },
    get: async (kind, id) => kept[find(kind, id)] ?? null,
    list: async (kind, { state }, page, now) => {
      const items = kept.filter((each) => each.kind === kind && (!state || stateOf(each, now) === state)).reverse();
      return { items: items.slice(0, page.limit), next_cursor: null };
    },
    end: async (kind, id, at, by) =>
      find(kind, id) < 0 ? 'unknown' : ((await end(kind, id, at, by)) ?? ('ended' as const)),
    inForce: async (now) => kept.filter((each) => stateOf(each, now) !== 'expired'),
    stamp: async () => ({ changes: JSON.stringify(kept), sources: null }),
  };

  async function end(kind: string, id: string, at: string, ended_by: string): Promise<KeptSuppression | null> {
    const place = find(kind, id);
    const item = kept[place];
    if (!item || stateOf(item, at) === 'expired') return null;
    kept[place] =
      item.kind === 'silence'
        ? { kind: 'silence', doc: { ...item.doc, ends_at: at, updated_at: at, ended_by } }
        : ({ ...item, doc: { ...item.doc, expires_at: at, ended_by } } as KeptSuppression); // of the same kind as before
    return kept[place];
  }
}

function idOf({ kind, doc }: KeptSuppression): string {
  if (kind === 'silence') return doc.silence_id;
  return kind === 'inhibit_rule' ? doc.inhibit_rule_id : doc.window_id;
}

function stateOf({ kind, doc }: KeptSuppression, now: string): string {
  if (kind === 'silence') return silenceState(doc, now);
  return doc.expires_at !== null && doc.expires_at <= now ? 'expired' : 'active';
}
