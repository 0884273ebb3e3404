import type { Clock } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { ErrorDetail } from '../domain/errors.js';
import { notJson } from '../domain/json-place.js';

/** What a command needs of an answer: every `fetch` has it. */
export interface CliResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
  text(): Promise<string>;
}

/** The terminal and the world around it, as commands see them. */
export interface CliIo {
  /** Writes a line to standard output; the newline is added. */
  out(line: string): void;
  /** Writes a line to standard error. */
  err(line: string): void;
  /** Whether a person looks at standard output. */
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  fetch(
    url: string,
    init: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
  ): Promise<CliResponse>;
  /** The text of a file; `-` is standard input. */
  readText(path: string): Promise<string>;
  readonly clock: Clock;
  /** Aborted when somebody presses Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Options that every command takes. */
export interface OutputOptions {
  /** JSON for programs instead of text for people. */
  readonly json?: boolean | undefined;
}

/** 0 done, 1 failed, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;

/** The command was called in a way that cannot work: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The running Fixpoint refused what the command was given (a 400), where only it can judge that: exit code 2. */
export class WrongRequest extends FixpointError {
  constructor(message: string, details: readonly ErrorDetail[]) {
    super('invalid', message, { details });
  }
}

/** Runs a command's work; what it refuses is told on standard error, and becomes the exit code. */
export async function perform(io: CliIo, work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    const told = messageOf(error);
    io.err(`fixpoint: ${told}`);
    if (error instanceof FixpointError) {
      // A message often holds its first detail, or all of them: nothing is told twice.
      for (const { path, message } of error.details.filter((detail) => !told.includes(detail.message)).slice(0, 20))
        io.err(`  ${path === '' ? 'body' : path}: ${message}`);
    }
    return error instanceof UsageError || error instanceof WrongRequest ? 2 : 1;
  }
}

/** The JSON of a file; what is wrong with it is wrong usage. */
export async function readJson(io: CliIo, path: string): Promise<unknown> {
  const name = path === '-' ? 'standard input' : path;
  let text: string;
  try {
    text = await io.readText(path);
  } catch (error) {
    throw new UsageError(`${name} cannot be read: ${messageOf(error)}`);
  }
  const json = text.replace(/^\uFEFF/, '');
  if (json.trim() === '') throw new UsageError(`${name} is empty; expected JSON`);
  try {
    return JSON.parse(json) as unknown;
  } catch {
    // Not the parser's own words: they do not always say where, and they quote the text.
    throw new UsageError(`${name} is ${notJson(json)}`);
  }
}

/** Prints a value as indented JSON. */
export function outJson(io: CliIo, value: unknown): void {
  io.out(JSON.stringify(value, null, 2));
}
