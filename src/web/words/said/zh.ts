import { createSayings } from './saying.js';
import { FINDINGS, KINDS } from './zh-findings.js';
import { RULES, VALUES } from './zh-rules.js';
import { ANSWERS, RUNS, STEPS } from './zh-runs.js';
import { FORESEEN, TRIAGE } from './zh-triage.js';
import { OF_WHAT, WAYS } from './zh-ways.js';

/** Says in Chinese what the service says in English, as far as its sentences are known. */
export const say = createSayings(
  [
    ...TRIAGE,
    ...FORESEEN,
    ...RULES,
    ...RUNS,
    ...WAYS,
    ...FINDINGS,
    ...KINDS,
    ...STEPS,
    ...ANSWERS,
    ...VALUES,
    ...OF_WHAT,
  ],
  '；',
);
