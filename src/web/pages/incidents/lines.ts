import type { IncidentEntry, IncidentEntryType } from '../../../domain/incident/incident.js';
import { OWN, readTold } from './told.js';

/** What part of a timeline is looked at. */
export const KINDS = ['people', 'runs', 'alerts'] as const;
export type Kind = (typeof KINDS)[number];

const FEWEST_FOLDED = 4;

type Foldable = Extract<IncidentEntryType, 'alert_joined' | 'alert_resolved' | 'run_started' | 'run_ended'>;
const FOLDABLE: ReadonlySet<string> = new Set<Foldable>(['alert_joined', 'alert_resolved', 'run_started', 'run_ended']);

/** One line of a timeline, or several of one kind in a row that are told as one. */
export type Line =
  | { readonly id: string; readonly entry: IncidentEntry; readonly folded: null }
  | {
      readonly id: string;
      readonly entry: IncidentEntry;
      readonly type: Foldable;
      readonly folded: readonly IncidentEntry[];
    };

/** A timeline (oldest first) as it is read: newest first, of one kind, what repeats folded into one line. */
export function linesOf(timeline: readonly IncidentEntry[], kind: Kind | ''): readonly Line[] {
  const lines: Line[] = [];
  let group: { readonly id: string; readonly entry: IncidentEntry }[] = [];
  const flush = (): void => {
    const [first] = group;
    if (first !== undefined && isFoldable(first.entry.type) && group.length >= FEWEST_FOLDED)
      lines.push({ ...first, type: first.entry.type, folded: group.map(({ entry }) => entry) });
    else for (const one of group) lines.push({ ...one, folded: null });
    group = [];
  };
  // Counted from the oldest: a line keeps its id when others come.
  const numbered = timeline.map((entry, index) => ({ id: String(index), entry })).reverse();
  for (const one of numbered) {
    if (!isOf(one.entry, kind)) continue;
    if (group[0] !== undefined && group[0].entry.type !== one.entry.type) flush();
    group.push(one);
  }
  flush();
  return lines;
}

function isFoldable(type: IncidentEntryType): type is Foldable {
  return FOLDABLE.has(type);
}

function isOf({ type, who }: IncidentEntry, kind: Kind | ''): boolean {
  if (kind === '') return true;
  if (kind === 'people') return who !== OWN;
  if (kind === 'runs') return type === 'run_started' || type === 'run_ended';
  return type === 'opened' || type === 'alert_joined' || type === 'alert_resolved';
}

/** True where a person did it. */
export function isByPerson({ who }: IncidentEntry): boolean {
  return who !== OWN;
}

/** The incidents that were merged into this one, by its own timeline. */
export function mergedHere(
  timeline: readonly IncidentEntry[],
  incident_id: string,
): readonly { readonly incident_id: string; readonly at: string }[] {
  const merged = new Map<string, string>();
  for (const entry of timeline) {
    const told = entry.type === 'merged' ? readTold(entry) : null;
    if (told?.kind === 'merged' && !told.into && told.incident_id !== incident_id)
      merged.set(told.incident_id, entry.at);
  }
  return [...merged].map(([id, at]) => ({ incident_id: id, at }));
}
