/** One line of a difference: what it is, and where it stands on either side (counted from 1). */
export interface DiffLine {
  readonly type: 'same' | 'added' | 'removed';
  readonly text: string;
  readonly was: number | null;
  readonly now: number | null;
}

/** A stretch of a difference: lines to show, or so many alike ones that are left out. */
export type DiffPart =
  { readonly type: 'lines'; readonly lines: readonly DiffLine[] } | { readonly type: 'gap'; readonly count: number };

export interface LineDiff {
  readonly lines: readonly DiffLine[];
  readonly added: number;
  readonly removed: number;
  /** False: the texts differ in too much to be compared line by line; the stretch that differs stands as a whole. */
  readonly exact: boolean;
}

/** Cells of the table that the comparison fills: some 16 MB, some 50 ms. */
const MOST_CELLS = 4_000_000;

/** What has to be taken away from one text and added to it to come to another, in as few lines as possible. */
export function diffLines(was: string, now: string): LineDiff {
  const a = linesOf(was);
  const b = linesOf(now);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const middleA = a.slice(head, a.length - tail);
  const middleB = b.slice(head, b.length - tail);
  const exact = (middleA.length + 1) * (middleB.length + 1) <= MOST_CELLS;
  const steps = exact ? walk(middleA, middleB) : replaced(middleA, middleB);
  const lines = numbered([
    ...a.slice(0, head).map((text) => ({ type: 'same', text }) as const),
    ...steps,
    ...a.slice(a.length - tail).map((text) => ({ type: 'same', text }) as const),
  ]);
  const count = (type: DiffLine['type']): number => lines.filter((line) => line.type === type).length;
  return { lines, added: count('added'), removed: count('removed'), exact };
}

/** The lines that differ with some alike ones around them; the rest is folded away. */
export function foldAlike(lines: readonly DiffLine[], around = 3): DiffPart[] {
  const near = new Uint8Array(lines.length);
  for (const [index, line] of lines.entries()) {
    if (line.type === 'same') continue;
    near.fill(1, Math.max(0, index - around), Math.min(lines.length, index + around + 1));
  }
  const parts: DiffPart[] = [];
  for (let from = 0; from < lines.length;) {
    let to = from;
    while (to < lines.length && near[to] === near[from]) to++;
    const stretch = lines.slice(from, to);
    // A fold of one line takes as much room as the line.
    if (near[from] === 1 || stretch.length === 1) parts.push({ type: 'lines', lines: stretch });
    else parts.push({ type: 'gap', count: stretch.length });
    from = to;
  }
  return parts;
}

type Step = Pick<DiffLine, 'type' | 'text'>;

function linesOf(text: string): readonly string[] {
  const plain = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  return plain === '' ? [] : plain.split('\n');
}

/** The longest common subsequence, by the table that every textbook has. */
function walk(a: readonly string[], b: readonly string[]): Step[] {
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const here = i * width + j;
      common[here] =
        a[i] === b[j]
          ? (common[here + width + 1] ?? 0) + 1
          : Math.max(common[here + width] ?? 0, common[here + 1] ?? 0);
    }
  }
  const steps: Step[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const here = i * width + j;
    if (i < a.length && j < b.length && a[i] === b[j]) {
      steps.push({ type: 'same', text: a[i++] ?? '' });
      j++;
    } else if (j >= b.length || (i < a.length && (common[here + width] ?? 0) >= (common[here + 1] ?? 0)))
      steps.push({ type: 'removed', text: a[i++] ?? '' });
    else steps.push({ type: 'added', text: b[j++] ?? '' });
  }
  return steps;
}

function replaced(a: readonly string[], b: readonly string[]): Step[] {
  return [
    ...a.map((text) => ({ type: 'removed', text }) as const),
    ...b.map((text) => ({ type: 'added', text }) as const),
  ];
}

function numbered(steps: readonly Step[]): DiffLine[] {
  let was = 0;
  let now = 0;
  return steps.map(({ type, text }) => ({
    type,
    text,
    was: type === 'added' ? null : ++was,
    now: type === 'removed' ? null : ++now,
  }));
}
