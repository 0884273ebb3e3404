/** What every log line carries besides its message: flat, free of secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Writes log lines: fields first, then a constant message, so that lines can be grouped by it. pino fits this shape as it is.
 * A child adds its fields to every line.
 */
export interface Log {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Log;
  /** False where a line of this level goes nowhere: then its fields need not be put together. */
  isLevelEnabled?(level: 'info'): boolean;
}

/** A log that keeps nothing: for tests, and for commands whose output belongs to people. */
export const SILENT_LOG: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT_LOG,
  isLevelEnabled: () => false,
};
