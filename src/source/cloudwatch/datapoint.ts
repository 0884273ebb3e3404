import { isForeign } from '../foreign.js';

const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`;
/** `1 out of the last 1 datapoints [99.5 (02/10/19 16:59:00)] was greater …`: the newest comes first. */
const IN_REASON = new RegExp(String.raw`datapoints? \[(${NUMBER}) \(`);

/**
 * The figure that made the alarm change, or null where none is told: from the machine's part of the reason, else from its sentence. Missing
 * data that was "treated as breaching" is no figure.
 */
export function currentDatapoint(reason: string | null, reasonData: string | null): number | null {
  return (reasonData === null ? null : inData(reasonData)) ?? (reason === null ? null : inSentence(reason));
}

function inSentence(reason: string): number | null {
  const written = IN_REASON.exec(reason)?.[1];
  return written === undefined ? null : finite(Number(written));
}

function inData(text: string): number | null {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isForeign(data)) return null;
  const newest = newestEvaluated(data['evaluatedDatapoints']);
  if (newest !== null) return newest;
  // Which end of this list is the newest is written nowhere.
  const recent = data['recentDatapoints'];
  return Array.isArray(recent) && recent.length === 1 ? finite(recent[0]) : null;
}

function newestEvaluated(list: unknown): number | null {
  if (!Array.isArray(list)) return null;
  let newest: { readonly at: number; readonly value: number } | null = null;
  for (const item of list.slice(0, 1_000) as readonly unknown[]) {
    if (!isForeign(item) || typeof item['timestamp'] !== 'string') continue;
    const at = Date.parse(item['timestamp'].replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
    const value = finite(item['value']);
    if (value !== null && !Number.isNaN(at) && (newest === null || at > newest.at)) newest = { at, value };
  }
  return newest === null ? null : newest.value;
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
