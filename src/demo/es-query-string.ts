import { SearchError } from './es-fields.js';
import type { LogDocument } from './logs.js';

type Test = (document: LogDocument) => boolean;

interface Options {
  /** Where words without a field of their own are looked for. */
  readonly fields: readonly string[];
  readonly isAnd: boolean;
  readonly leaf: (field: string, text: string, isPhrase: boolean) => Test;
}

const WORDS =
  /\s+|(\()|(\))|(AND|&&)(?=[\s(])|(OR|\|\|)(?=[\s(])|(NOT(?=[\s(])|!|-(?=\S)|\+(?=\S))|(?:([\w.@*-]+):)?(?:"((?:[^"\\]|\\.)*)"|((?:[^\s()":\\]|\\.)+)|(?=\())/gy;

type Word =
  | { readonly type: '(' | ')' | 'and' | 'or' | 'end' }
  | { readonly type: 'not' | 'must' }
  | { readonly type: 'leaf'; readonly field: string | null; readonly text: string; readonly isPhrase: boolean }
  | { readonly type: 'field'; readonly field: string };

/** Reads Lucene's query syntax as far as people write it by hand: fields, phrases, wildcards, AND, OR, NOT, +, -, parentheses. */
export function parseQueryString(text: string, options: Options): Test {
  const words = wordsOf(text);
  let next = 0;
  const peek = (): Word => words[next] ?? { type: 'end' };

  function either(field: string | null): Test {
    const tests = [both(field)];
    while (peek().type === 'or') {
      next++;
      tests.push(both(field));
    }
    return (document) => tests.some((test) => test(document));
  }

  /** Words side by side: joined by the default operator; + and - make them required and forbidden. */
  function both(field: string | null): Test {
    const required: Test[] = [];
    const optional: Test[] = [];
    const forbidden: Test[] = [];
    for (let joined = false; !['end', ')', 'or'].includes(peek().type);) {
      const word = peek();
      if (word.type === 'and') {
        next++;
        const before = optional.pop();
        if (before) required.push(before);
        joined = true;
        continue;
      }
      const sign = word.type === 'not' || word.type === 'must' ? word.type : null;
      if (sign) next++;
      const test = single(field);
      if (sign === 'not') forbidden.push(test);
      else (sign === 'must' || joined || options.isAnd ? required : optional).push(test);
      joined = false;
    }
    return (document) =>
      required.every((test) => test(document)) &&
      !forbidden.some((test) => test(document)) &&
      (optional.length === 0 || required.length > 0 || optional.some((test) => test(document)));
  }

  function single(field: string | null): Test {
    const word = peek();
    next++;
    if (word.type === 'field') return single(word.field);
    if (word.type === '(') {
      const inner = either(field);
      if (peek().type !== ')') throw failure(text, 'expected a closing parenthesis');
      next++;
      return inner;
    }
    if (word.type !== 'leaf') throw failure(text, `unexpected ${word.type === 'end' ? 'end' : word.type}`);
    const own = word.field ?? field;
    const tests = (own === null ? options.fields : [own]).map((name) => options.leaf(name, word.text, word.isPhrase));
    return (document) => tests.some((test) => test(document));
  }

  const test = either(null);
  if (peek().type !== 'end') throw failure(text, 'unbalanced parenthesis');
  return test;
}

function wordsOf(text: string): Word[] {
  if (text.length > 8_192) throw failure(text, `query of ${text.length} characters is too long`);
  const words: Word[] = [];
  WORDS.lastIndex = 0;
  for (let at = 0; at < text.length;) {
    WORDS.lastIndex = at;
    const match = WORDS.exec(text);
    if (!match) throw failure(text, `unexpected character at ${at}`);
    const [all, open, close, and, or, not, field, phrase, plain] = match;
    if (open) words.push({ type: '(' });
    else if (close) words.push({ type: ')' });
    else if (and) words.push({ type: 'and' });
    else if (or) words.push({ type: 'or' });
    else if (not) words.push({ type: not === '+' ? 'must' : 'not' });
    else if (phrase !== undefined || plain !== undefined)
      words.push({
        type: 'leaf',
        field: field ?? null,
        text: unescape(phrase ?? plain ?? '', phrase !== undefined),
        isPhrase: phrase !== undefined,
      });
    else if (field !== undefined) words.push({ type: 'field', field });
    else if (all === '') throw failure(text, `unexpected character at ${at}`);
    at = WORDS.lastIndex;
  }
  return words;
}

/** Wildcards that were escaped stay escaped: the pattern needs to know. */
function unescape(text: string, isPhrase: boolean): string {
  return text.replace(isPhrase ? /\\(.)/gs : /\\([^*?])/gs, '$1');
}

function failure(text: string, why: string): SearchError {
  return new SearchError('query_shard_exception', `Failed to parse query [${text.slice(0, 200)}]: ${why}`);
}
