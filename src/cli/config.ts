import { outJson, perform } from './io.js';
import type { CliIo, ExitCode, OutputOptions } from './io.js';
import { tableLines } from './table.js';

/** One setting in force. */
export interface ConfigEntry {
  /** `executors.elasticsearch.url` */
  readonly key: string;
  /** Ready to be shown: a secret is hidden already. */
  readonly value: string;
  /** `default`, an environment variable's name, or a file's. */
  readonly from: string;
}

/** `fixpoint config show`: the configuration in force, each value with where it came from. */
export async function configShow(
  options: OutputOptions,
  io: CliIo,
  read: () => Promise<readonly ConfigEntry[]>,
): Promise<ExitCode> {
  return perform(io, async () => {
    const entries = await read();
    if (options.json) outJson(io, entries);
    else {
      // The value stands last: one long list must not push the other columns off the screen.
      const rows = entries.map(({ key, value, from }) => [key, from, value]);
      for (const line of tableLines(['key', 'from', 'value'], rows)) io.out(line);
    }
    return 0;
  });
}
