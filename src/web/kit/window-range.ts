/** Which rows of a long list are drawn. */
export interface Range {
  readonly from: number;
  /** The first that is not drawn any more. */
  readonly to: number;
}

interface Viewport {
  /** Where the list begins, in pixels below the top of the window; negative when it is scrolled past. */
  readonly top: number;
  readonly height: number;
}

/** The rows that the window shows, and a few above and below, in steps so that not every pixel draws anew. */
export function visibleRange({ top, height }: Viewport, rowHeight: number, count: number, spare = 12): Range {
  const step = Math.max(1, Math.floor(spare / 2));
  const first = Math.floor(-top / rowHeight) - spare;
  const last = Math.ceil((height - top) / rowHeight) + spare;
  const from = clamp(Math.floor(first / step) * step, 0, Math.max(0, count - 1));
  return { from, to: clamp(Math.ceil(last / step) * step, from, count) };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
