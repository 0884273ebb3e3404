import type { Report } from '../domain/run/report.js';
import { NOTHING } from './plain.js';
import type { Words } from './words.js';

type Done = Report['done'][number];

/** `payment-gateway replicas 2 → 3`, or what the step says of itself where it names no change. */
export function changeLine(entry: Done, words: Words): string {
  if (entry.target === '' && entry.to === '') return words.timeline.step(entry.name, entry.what);
  return changeText(entry);
}

/** A change as one line. Nothing is named twice, and what was not there before has no `—` in front of an answer's or a body's JSON. */
export function changeText({ target, what, from, to }: Pick<Done, 'target' | 'what' | 'from' | 'to'>): string {
  const deed = subject(target, what);
  if (from !== NOTHING && from !== '') return line(`${deed} ${from} → ${to}`);
  return line(/^[[{]/.test(to) || to === NOTHING ? deed : `${deed} → ${to}`);
}

function subject(target: string, what: string): string {
  if (what.includes(target)) return what;
  return ` ${target} `.includes(` ${what} `) ? target : `${target} ${what}`;
}

function line(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
