import { styleText } from 'node:util';
import { createEventLines, formatEventLine } from '../domain/api/event-line.js';
import type { EventLine } from '../domain/api/event-line.js';
import { RunAnswer } from '../domain/api/run.js';
import { FixpointError } from '../domain/errors.js';
import type { ApiClient } from './api-client.js';
import type { CliIo, ExitCode } from './io.js';

const COLOR = { good: 'green', bad: 'red' } as const;

/** Follows a run to its end, one line a step unless `quiet`; answers the run as it ended. */
export async function followRun(api: ApiClient, io: CliIo, run_id: string, quiet: boolean): Promise<RunAnswer> {
  const lineOf = createEventLines();
  try {
    for await (const event of api.events(run_id)) {
      // A newer server may tell of things that this version has no line for: then there is none.
      const line = lineOf(event) as EventLine | null | undefined;
      if (!quiet && line) io.out(painted(io, line));
    }
  } catch (cause) {
    if (!io.signal.aborted) throw cause;
    const where = `run ${run_id} goes on: fixpoint runs show ${run_id}`;
    throw new FixpointError('unavailable', `no longer followed; ${where}`, { cause });
  }
  return api.get(`/api/v1/runs/${encodeURIComponent(run_id)}`, RunAnswer);
}

/** 0 when the run succeeded. */
export function exitOf(run: RunAnswer): ExitCode {
  return run.state === 'succeeded' ? 0 : 1;
}

function painted(io: CliIo, line: EventLine): string {
  const text = formatEventLine(line);
  if (!io.isTTY || given(io.env['NO_COLOR']) || line.kind === 'note') return text;
  return styleText(COLOR[line.kind], text);
}

function given(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
