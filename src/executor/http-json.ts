import type { HttpAnswer } from './http-request.js';
import { hideSecrets } from './http-request.js';

/** Deeper JSON is refused: what is nested a thousand times over was made to break its reader. */
const MAX_DEPTH = 100;

/** The JSON of an answer, or why there is none. */
export type JsonResult =
  { readonly type: 'json'; readonly value: unknown } | { readonly type: 'wrong'; readonly reason: string };

/** Reads an answer that must be JSON; the reason names the content type and shows the beginning of what came instead. */
export function readJson(answer: HttpAnswer, secrets?: readonly string[]): JsonResult {
  const text = readText(answer);
  const type = answer.headers['content-type'] ?? 'no content type';
  if (text.trim() === '')
    return { type: 'wrong', reason: `expected JSON, got an empty answer with status ${answer.status}` };
  try {
    const value: unknown = JSON.parse(text);
    if (isTooDeep(value))
      return { type: 'wrong', reason: `expected JSON of at most ${MAX_DEPTH} levels, got a deeper one` };
    return { type: 'json', value };
  } catch {
    const begin = hideSecrets(beginning(text), secrets);
    return { type: 'wrong', reason: `expected JSON, got ${type} with status ${answer.status}: ${begin}` };
  }
}

/** The text of an answer, in the character set that it names. */
export function readText(answer: HttpAnswer): string {
  const charset = /charset="?([\w-]+)/i.exec(answer.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(answer.body);
  } catch {
    return new TextDecoder().decode(answer.body); // a character set that nobody knows
  }
}

/** The first characters of a text on one line, quoted, for a reason. */
export function beginning(text: string, length = 120): string {
  const line = text
    .slice(0, length * 4)
    .replace(/\s+/g, ' ')
    .trim();
  return JSON.stringify(line.length > length ? `${line.slice(0, length)}…` : line);
}

/** Whether a JSON value is nested deeper than any honest answer is. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const child of Object.values(item)) if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
  return false;
}
