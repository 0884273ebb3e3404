import { createSayings } from './saying.js';
import type { Piece } from './saying.js';
import { FINDINGS, KINDS } from './zh-findings.js';
import { NOTICES } from './zh-notices.js';
import { RULES, VALUES } from './zh-rules.js';
import { ANSWERS, RUNS, STEPS } from './zh-runs.js';
import { FORESEEN, TRIAGE } from './zh-triage.js';
import { OF_WHAT, WAYS } from './zh-ways.js';

let sayings: ((sentence: string) => readonly Piece[]) | null = null;

/** Says in Chinese what the service says in English, as far as its sentences are known. They are made ready when the first is said. */
export function say(sentence: string): readonly Piece[] {
  sayings ??= createSayings(
    [
      ...TRIAGE,
      ...FORESEEN,
      ...RULES,
      ...RUNS,
      ...WAYS,
      ...FINDINGS,
      ...KINDS,
      ...STEPS,
      ...NOTICES,
      ...ANSWERS,
      ...VALUES,
      ...OF_WHAT,
    ],
    '；',
  );
  return sayings(sentence);
}
