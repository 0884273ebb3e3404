import { printable } from '../domain/api/event-line.js';
import { counted } from '../domain/counted.js';
import { messageOf } from '../domain/errors.js';
import type { Problem } from '../domain/catalog.js';
import { perform, UsageError } from './io.js';
import type { CliIo, ExitCode } from './io.js';

export interface ImportAlertmanagerOptions {
  readonly file: string;
  readonly out?: string | undefined;
}

/** What became of an Alertmanager's configuration. */
export interface Converted {
  /** The text of suppressions.yaml; null when the file cannot be read at all. */
  readonly text: string | null;
  readonly inhibit_rules: number;
  readonly maintenance_windows: number;
  /** What could not be taken, or not exactly, each at its place. */
  readonly remarks: readonly Problem[];
}

/** `fixpoint import-alertmanager`: prints (or writes) suppressions.yaml, and on standard error what it could not take. */
export async function importAlertmanager(
  options: ImportAlertmanagerOptions,
  io: CliIo,
  convert: (file: string, text: string) => Converted,
  write: (path: string, text: string) => Promise<void>,
): Promise<ExitCode> {
  return perform(io, async () => {
    const name = options.file === '-' ? 'standard input' : options.file;
    const text = await io.readText(options.file).catch((error: unknown) => {
      throw new UsageError(`${name} cannot be read: ${messageOf(error)}`);
    });
    const converted = convert(name, text);
    for (const { file, line, column, message } of converted.remarks)
      io.err(printable(`${file}:${line}:${column}: ${message}`));
    if (converted.text === null) return 1;
    if (options.out === undefined) io.out(converted.text.trimEnd());
    else {
      await write(options.out, converted.text).catch((error: unknown) => {
        throw new UsageError(`${options.out ?? ''} cannot be written: ${messageOf(error)}`);
      });
    }
    const { inhibit_rules, maintenance_windows, remarks } = converted;
    io.err(
      `${counted(inhibit_rules, 'inhibit rule')}, ${counted(maintenance_windows, 'maintenance window')}${remarks.length === 0 ? '' : `; ${counted(remarks.length, 'remark')} above`}`,
    );
    return 0;
  });
}
