/** A part of a sentence: `said` in the reader's language, or as the service wrote it. */
export interface Piece {
  readonly text: string;
  readonly said: boolean;
}

/**
 * What the service says, and the same in another language. `{name}` is any text, `{name#}` a word without spaces (an id, an instant, a
 * number), `{name!}` a word in capitals, `{name@}` what an expression refers to, `{name=}` a value as JSON writes it, `{name~}` a sentence that is said in the other language
 * too. What stands in `[ ]` may be missing, there and here.
 */
export type Saying = readonly [from: string, to: string];

type Part = string | { readonly hole: string; readonly isSaid: boolean } | { readonly optional: readonly Part[] };

interface Ready {
  /** What it begins with: most sayings are passed over by it alone. */
  readonly begin: string;
  readonly pattern: RegExp;
  readonly holes: readonly string[];
  readonly parts: readonly Part[];
}

/** Longer texts are outputs and bodies, not sentences. */
const LONGEST = 4_000;
/** A sentence within a sentence, and so on. */
const MOST_DEEP = 6;
const MOST_REMEMBERED = 2_000;

/** Says sentences of the service in another language, as far as `sayings` know them; the first that fits counts. */
export function createSayings(sayings: readonly Saying[], joint: string): (sentence: string) => readonly Piece[] {
  const ready = sayings.map(readySaying);
  const known = new Map<string, readonly Piece[]>();

  function say(sentence: string, depth: number): readonly Piece[] {
    const asItIs = [{ text: sentence, said: false }];
    if (depth > MOST_DEEP) return asItIs;
    for (const saying of ready) {
      const match = sentence.startsWith(saying.begin) ? saying.pattern.exec(sentence) : null;
      if (match !== null) return filled(saying, match, depth);
    }
    const at = sentence.indexOf('; ');
    if (at === -1) return asItIs;
    // Several sentences are told as one; the first of them may hold the sign itself.
    return [
      ...say(sentence.slice(0, at), depth),
      { text: joint, said: true },
      ...say(sentence.slice(at + 2), depth + 1),
    ];
  }

  function filled({ holes, parts }: Ready, match: RegExpExecArray, depth: number): readonly Piece[] {
    const values = new Map(holes.map((hole, index) => [hole, match[index + 1]]));
    const write = (part: Part): readonly Piece[] => {
      if (typeof part === 'string') return [{ text: part, said: true }];
      if ('optional' in part) {
        const isThere = part.optional.every(
          (inner) => typeof inner !== 'object' || !('hole' in inner) || values.get(inner.hole) !== undefined,
        );
        return isThere ? part.optional.flatMap(write) : [];
      }
      const value = values.get(part.hole) ?? '';
      return part.isSaid ? say(value, depth + 1) : [{ text: value, said: true }];
    };
    return parts.flatMap(write);
  }

  return (sentence) => {
    if (sentence.length > LONGEST) return [{ text: sentence, said: false }];
    let pieces = known.get(sentence);
    if (pieces === undefined) {
      pieces = joined(say(sentence, 0));
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(sentence, pieces);
    }
    return pieces;
  };
}

function joined(pieces: readonly Piece[]): readonly Piece[] {
  const all: Piece[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (piece.text === '') continue;
    if (last?.said === piece.said) all[all.length - 1] = { text: last.text + piece.text, said: piece.said };
    else all.push(piece);
  }
  return all;
}

const HOLE = /\{([a-z_]+)([#~@=!]?)\}/;
const HOLE_PATTERN: Readonly<Record<string, string>> = {
  '': '([^]+?)',
  '#': '(\\S+?)',
  '~': '([^]+?)',
  '!': '([A-Z]+)',
  '@': '([A-Za-z_]\\w*(?:\\.\\w+|\\["[^"]*"\\]|\\[[^\\]"]*\\])*)',
  '=': '(-?\\d\\S*?|true|false|null|"(?:[^"\\\\]|\\\\.)*(?:"|…))',
};

function readySaying([from, to]: Saying): Ready {
  const holes: string[] = [];
  const said = new Set<string>();
  const source = from
    .split(/(\{[a-z_]+[#~@=!]?\}|[[\]])/)
    .map((part) => {
      if (part === '[') return '(?:';
      if (part === ']') return ')?';
      const [, hole, kind = ''] = HOLE.exec(part) ?? [];
      if (hole === undefined) return part.replace(/[.*+?^$()|\\{}/]/g, '\\$&');
      holes.push(hole);
      if (kind === '~') said.add(hole);
      return HOLE_PATTERN[kind] ?? '';
    })
    .join('');
  const [begin = ''] = from.split(/[{[]/, 1);
  return { begin, pattern: new RegExp(`^${source}$`, 'u'), holes, parts: partsOf(to, said) };
}

function partsOf(to: string, said: ReadonlySet<string>): readonly Part[] {
  return to.split(/(\[[^\]]*\]|\{[a-z_]+\})/).flatMap((part): readonly Part[] => {
    if (part === '') return [];
    if (part.startsWith('[')) return [{ optional: partsOf(part.slice(1, -1), said) }];
    const [, hole] = HOLE.exec(part) ?? [];
    return hole === undefined ? [part] : [{ hole, isSaid: said.has(hole) }];
  });
}
