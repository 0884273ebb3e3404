/** A figure, or why there is none, in words that hold no secret. */
export type MetricAnswer =
  { readonly type: 'figure'; readonly value: number } | { readonly type: 'none'; readonly reason: string };

/** Tells figures by PromQL. It never rejects, and ends soon after its signal is aborted. */
export type MetricSource = (query: string, signal: AbortSignal) => Promise<MetricAnswer>;
