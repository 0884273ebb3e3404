/** The candidate that was most likely meant by a misspelt word; null when none is close. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  // A slip or two, and never a whole different word; long words are compared by their beginning, so that no input is expensive.
  const limit = word.length < 3 ? 0 : Math.min(3, Math.ceil(word.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.slice(0, 100).toLowerCase(), candidate.slice(0, 100).toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ` (did you mean replicas_increase?)`, or nothing: to be put behind a message. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = nearest(word, candidates);
  return meant === null ? '' : ` (did you mean ${meant}?)`;
}

/** How many letters have to be put in, taken away, changed or swapped with their neighbour. */
function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const changed = one.charAt(row - 1) === other.charAt(column - 1) ? 0 : 1;
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + changed);
      const isSwap =
        one.charAt(row - 1) === other.charAt(column - 2) && one.charAt(row - 2) === other.charAt(column - 1);
      if (row > 1 && column > 1 && isSwap) cost = Math.min(cost, at(before, column - 2) + 1);
      current.push(cost);
    }
    [before, last] = [last, current];
  }
  return at(last, other.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
