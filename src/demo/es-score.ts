import { compileQuery, object } from './es-query.js';
import type { Context } from './es-query.js';
import type { LogDocument } from './logs.js';

/**
 * How well a found document fits, as far as people steer it: clauses under `must` and `should` count 1 each, or their `constant_score`
 * boost; filters count nothing. How rare a word is (BM25) does not matter here.
 */
export function compileScore(query: unknown, context: Context): (document: LogDocument) => number {
  const [[kind, body] = []] = Object.entries(object(query, 'query'));
  if (kind === 'bool') return boolScore(object(body, 'bool'), context);
  const test = compileQuery(query, context);
  const boost = kind === 'constant_score' ? object(body, 'constant_score')['boost'] : 1;
  const worth = typeof boost === 'number' ? boost : 1;
  return (document) => (test(document) ? worth : 0);
}

function boolScore(clause: Readonly<Record<string, unknown>>, context: Context): (document: LogDocument) => number {
  const scored = [clause['must'], clause['should']].flatMap((written) => (written === undefined ? [] : written));
  const scores = scored.map((each) => compileScore(each, { ...context, depth: context.depth + 1 }));
  return (document) => scores.reduce((sum, score) => sum + score(document), 0);
}
