import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Document, Pair, ParsedNode, Scalar, YAMLError, YAMLMap } from 'yaml';
import type { Problem } from '../domain/catalog.js';
import { messageOf } from '../domain/errors.js';
import type { PathProblem } from '../domain/schema-problem.js';

/** How often aliases may repeat what an anchor names; more is a bomb, not a convenience. */
const MAX_ALIASES = 100;

/** A YAML file that has been read: its data, and where each part of it stands. */
export interface YamlFile {
  /** Undefined when the syntax is so broken that there is none. */
  readonly data: unknown;
  readonly problems: readonly Problem[];
  /** Gives a problem in the data its line and column. What is missing is told at the map that lacks it. */
  locate(problem: PathProblem): Problem;
}

/** Reads one YAML 1.2 document; everything that is wrong with its syntax is told at once. */
export function readYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const at = (offset: number, message: string): Problem => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)));
    return { file, line: Math.max(1, line), column: Math.max(1, col), message };
  };
  let documents: Document.Parsed[];
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      version: '1.2',
      merge: true,
      logLevel: 'silent',
      // The library compares every key with every other; thirty thousand keys would take it minutes. `doubleKeys` looks itself.
      uniqueKeys: false,
    });
    documents = 'empty' in parsed ? [] : parsed;
  } catch (error) {
    return broken(
      [
        at(
          0,
          error instanceof RangeError ? 'lists and maps nest too deep' : `not readable as YAML: ${messageOf(error)}`,
        ),
      ],
      at,
    );
  }
  const [document, second] = documents;
  if (!document || document.contents === null)
    return broken([at(0, 'the file is empty; expected a playbook or rules')], at);
  if (second) return broken([at(second.range[0], 'expected one document a file, came a second one after ---')], at);
  const problems = [...syntaxProblems(document, text, at), ...mendUnquoted(document, at), ...doubleKeys(document, at)];
  // The other two leave the rest of the file readable, so that all of its errors can be told.
  if (document.errors.length > 0) return broken(problems, at);
  try {
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { data, problems, locate: (problem) => locate(document, problem, text, at) };
  } catch (error) {
    return broken([...problems, at(firstAlias(document), aliasMessage(error))], at);
  }
}

type At = (offset: number, message: string) => Problem;

function broken(problems: readonly Problem[], at: At): YamlFile {
  return { data: undefined, problems, locate: (problem) => at(0, problem.message) };
}

function syntaxProblems(document: Document.Parsed, text: string, at: At): Problem[] {
  const found = [...document.errors, ...document.warnings].map((error) => at(error.pos[0], syntaxMessage(error, text)));
  // One slip on a line makes the parser stumble several times; the first one tells it.
  return found.filter((problem, index) => found.findIndex((other) => other.line === problem.line) === index);
}

function syntaxMessage(error: YAMLError, text: string): string {
  const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  const line = text.slice(lineStart).split('\n', 1)[0] ?? '';
  if (/[:-]\s+\{\{/.test(line)) return QUOTES;
  const message = error.message.replace(/\s+/g, ' ').trim();
  if (/call stack/i.test(message)) return 'lists and maps nest too deep';
  if (error.code === 'TAB_AS_INDENT') return 'expected spaces, came a tab: YAML is indented with spaces';
  return `not valid YAML: ${message}`;
}

const QUOTES = 'an expression stands in quotes: "{{ … }}"; without them YAML reads a map';

/**
 * `key: {{ x }}` is legal YAML, a map whose key is a map, and never what was meant. Such a key is replaced, so that the rest can be read.
 */
function mendUnquoted(document: Document.Parsed, at: At): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Pair: (_key, pair) => {
      if (!isMap(pair.key) && !isSeq(pair.key)) return undefined;
      problems.push(at((rangeOf(pair.key)?.[0] ?? 1) - 1, QUOTES));
      pair.key = document.createNode('{ }');
      return visit.SKIP;
    },
  });
  return problems;
}

function doubleKeys(document: Document.Parsed, at: At): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Map: (_key, map) => {
      const keys = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (keys.has(name) && name !== '<<')
          problems.push(at(rangeOf(key)?.[0] ?? 0, `${name} stands twice in the same map`));
        keys.add(name);
      }
    },
  });
  return problems;
}

function firstAlias(document: Document.Parsed): number {
  let offset = 0;
  visit(document, {
    Alias: (_key, alias) => {
      offset = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function aliasMessage(error: unknown): string {
  const message = messageOf(error);
  return /excessive alias/i.test(message) ? `aliases repeat more than ${MAX_ALIASES} parts of the file` : message;
}

function rangeOf(node: unknown): readonly [number, number, number] | null {
  return isNode(node) ? (node.range ?? null) : null;
}

function locate(document: Document.Parsed, problem: PathProblem, text: string, at: At): Problem {
  let node: unknown = document.contents;
  let offset = rangeOf(node)?.[0] ?? 0;
  for (const [depth, key] of problem.path.entries()) {
    const isLast = depth === problem.path.length - 1;
    const pair = childOf(document, node, key);
    if (pair === null) return at(offset, problem.message);
    const place = isLast && problem.on_key === true ? pair.key : rangeOf(pair.value) ? pair.value : pair.key;
    offset = rangeOf(place)?.[0] ?? offset;
    node = pair.value;
    if (isLast) return at(offset + withinScalar(place, problem.offset, text), problem.message);
  }
  return at(offset, problem.message);
}

/** The key and the value of a member; aliases are followed, so that a place inside of an anchor is found. */
function childOf(
  document: Document.Parsed,
  node: unknown,
  key: string | number,
): { key: unknown; value: unknown } | null {
  const resolved: unknown = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(resolved)) {
    const item: unknown = typeof key === 'number' ? resolved.items[key] : undefined;
    return item === undefined ? null : { key: item, value: item };
  }
  if (!isMap(resolved)) return null;
  const pair = pairOf(resolved, String(key));
  return pair ? { key: pair.key, value: pair.value } : null;
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isPair(pair) && isScalar(pair.key) && String(pair.key.value) === key);
}

/** Characters into a text are characters into the file only where the text stands there as it is, on one line. */
function withinScalar(node: unknown, offset: number | undefined, text: string): number {
  if (offset === undefined || !isScalar(node)) return 0;
  const { range, type, value } = node as Scalar & ParsedNode; // every scalar of a parsed document has its range
  const quote = type === 'PLAIN' ? 0 : type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE' ? 1 : null;
  if (quote === null || typeof value !== 'string') return 0;
  return text.slice(range[0] + quote, range[1] - quote) === value ? quote + offset : 0;
}
