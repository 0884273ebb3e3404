import type { RunHeader, Step } from '../domain/run/run.js';

/** A run as `RunView.get` answers it: what a report is made of. */
export type ReportedRun = RunHeader & { readonly seq: number; readonly steps: readonly Step[] };
