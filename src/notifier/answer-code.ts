import { z } from 'zod';
import type { Answer, Failure } from './http-post.js';
import { failedStatus } from './http-post.js';

/** What one of a vendor's codes means. */
export interface CodeMeaning {
  readonly codes: readonly number[];
  /** Where the vendor uses one code for several things: only answers whose message matches. */
  readonly message?: RegExp;
  readonly retryable: boolean;
  /** How long the vendor wants silence; it sends no `Retry-After`. */
  readonly retry_after_ms?: number;
  /** What it means, and what to do about it. */
  readonly hint: string;
}

/** The code and message of an answer; null where there is none. */
export interface CodedAnswer {
  readonly code: number;
  readonly message: string;
}

/** Reads `errcode` and `errmsg`, as DingTalk and WeCom answer. */
export function readErrcode(body: unknown): CodedAnswer | null {
  const parsed = z.object({ errcode: z.number(), errmsg: z.string().default('') }).safeParse(body);
  return parsed.success ? { code: parsed.data.errcode, message: parsed.data.errmsg } : null;
}

export interface CodeRules {
  readonly read: (body: unknown) => CodedAnswer | null;
  readonly meanings: readonly CodeMeaning[];
  readonly show: (text: string) => string;
}

/**
 * Judges an answer of a vendor that says HTTP 200 whatever happened: only code 0 is a success. An answer without a code is judged by its
 * status, and is a failure even with 200: a proxy's login page is no delivery.
 */
export function judgeCode(answer: Answer, rules: CodeRules): Failure | null {
  const coded = rules.read(parseJson(answer.text));
  if (coded === null) return failedStatus(answer, rules.show) ?? wrongAnswer(answer, rules.show);
  if (coded.code === 0) return failedStatus(answer, rules.show);
  const meaning = rules.meanings.find(
    (known) => known.codes.includes(coded.code) && (known.message?.test(coded.message) ?? true),
  );
  const said = rules.show(coded.message);
  if (!meaning) return { type: 'failed', reason: `code ${coded.code}: ${said}`, retryable: answer.status >= 500 };
  const pause = answer.retry_after_ms ?? meaning.retry_after_ms;
  return {
    type: 'failed',
    reason: `code ${coded.code}: ${said} (${meaning.hint})`,
    retryable: meaning.retryable,
    ...(meaning.retryable && pause !== undefined ? { retry_after_ms: pause } : {}),
  };
}

function wrongAnswer(answer: Answer, show: (text: string) => string): Failure {
  const said = show(answer.text.slice(0, 2_000));
  const what = said === '' ? 'an empty answer' : `an answer without a result code: ${said}`;
  return { type: 'failed', reason: `HTTP ${answer.status} with ${what}`, retryable: true };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
