import { PauseAnswer } from '../domain/api/system.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { outJson, perform } from './io.js';
import type { CliIo, ExitCode } from './io.js';

export interface PauseOptions extends ApiOptions {
  readonly reason?: string | undefined;
}

/** `fixpoint pause`: the big red button; no new write starts anywhere until `fixpoint resume`. */
export async function pause(options: PauseOptions, io: CliIo): Promise<ExitCode> {
  return press(options, io, '/api/v1/pause');
}

/** `fixpoint resume`: writes may start again. */
export async function resume(options: PauseOptions, io: CliIo): Promise<ExitCode> {
  return press(options, io, '/api/v1/resume');
}

async function press(options: PauseOptions, io: CliIo, path: string): Promise<ExitCode> {
  return perform(io, async () => {
    const state = await new ApiClient(io, options).post(path, { reason: options.reason ?? null }, PauseAnswer);
    if (options.json) outJson(io, state);
    else
      io.out(
        state.paused
          ? `paused by ${state.by ?? 'somebody'}, at ${state.at ?? '?'}${state.reason === null ? '' : ` (${state.reason})`}: no new write starts`
          : 'not paused: writes may start',
      );
    return 0;
  });
}
