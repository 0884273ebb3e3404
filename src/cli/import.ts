import { countLines } from './export.js';
import { outJson, perform } from './io.js';
import type { CliIo, ExitCode, OutputOptions } from './io.js';

export interface ImportOptions extends OutputOptions {
  /** `-` is standard input. */
  readonly file: string;
}

/** What went over. */
export interface ImportResult {
  /** Rows by table. */
  readonly counts: Readonly<Record<string, number>>;
  readonly into: string;
}

/** `fixpoint import`: reads what `fixpoint export` wrote into an empty database, all of it or nothing. */
export async function importAll(
  options: ImportOptions,
  io: CliIo,
  run: (file: string, signal: AbortSignal) => Promise<ImportResult>,
): Promise<ExitCode> {
  return perform(io, async () => {
    const result = await run(options.file, io.signal);
    if (options.json) outJson(io, result);
    else {
      for (const line of countLines(result.counts)) io.out(line);
      io.out(`imported ${options.file === '-' ? 'standard input' : options.file} into ${result.into}`);
    }
    return 0;
  });
}
