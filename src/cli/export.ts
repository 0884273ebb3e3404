import { outJson, perform } from './io.js';
import type { CliIo, ExitCode, OutputOptions } from './io.js';
import { tableLines } from './table.js';

export interface ExportOptions extends OutputOptions {
  /** Standard output when there is none. */
  readonly out?: string | undefined;
}

/** What went over. */
export interface ExportResult {
  /** Rows by table. */
  readonly counts: Readonly<Record<string, number>>;
  readonly from: string;
  /** Processes that go on working on the database. */
  readonly at_work: number;
}

/** `fixpoint export`: writes everything of an installation as JSON lines, to a file or to standard output. */
export async function exportAll(
  options: ExportOptions,
  io: CliIo,
  run: (out: string | null, signal: AbortSignal) => Promise<ExportResult>,
): Promise<ExitCode> {
  return perform(io, async () => {
    const out = options.out ?? null;
    const result = await run(out, io.signal);
    // Where the rows themselves stand on standard output, what is said about them must not.
    const say = out === null ? (line: string) => io.err(line) : (line: string) => io.out(line);
    if (options.json) outJson(out === null ? { ...io, out: say } : io, { ...result, out });
    else {
      for (const line of countLines(result.counts)) say(line);
      say(`exported from ${result.from}${out === null ? '' : ` to ${out}`}`);
    }
    if (result.at_work > 0)
      io.err(
        `${result.at_work} process${result.at_work === 1 ? ' is' : 'es are'} at work on ${result.from}: what happens from now on is not in the export. As a backup that is fine; to move, stop them first, for two installations must not do the same runs`,
      );
    return 0;
  });
}

/** A table of how many rows there were of what. */
export function countLines(counts: Readonly<Record<string, number>>): string[] {
  return tableLines(
    ['table', 'rows'],
    Object.entries(counts).map(([table, count]) => [table, String(count)]),
  );
}
