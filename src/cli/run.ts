import { RunAnswer } from '../domain/api/run.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { exitOf, followRun } from './follow.js';
import { outJson, perform, readJson } from './io.js';
import type { CliIo, ExitCode } from './io.js';

export interface RunOptions extends ApiOptions {
  readonly playbook_id: string;
  /** A file with the alert that the run is about; `-` is standard input. */
  readonly alert?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** `fixpoint run`: starts a run by hand and follows it; 0 when it succeeded. */
export async function run(options: RunOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const api = new ApiClient(io, options);
    const alert = options.alert === undefined ? null : alertIn(await readJson(io, options.alert));
    const path = `/api/v1/playbooks/${encodeURIComponent(options.playbook_id)}/runs`;
    const started = await api.post(path, { alert, dry_run: options.dryRun ?? false }, RunAnswer);
    const json = options.json ?? false;
    if (!json) io.out(`run ${started.run_id}${started.dry_run ? ' (a dry run: writes are recorded, not made)' : ''}`);
    const ended = await followRun(api, io, started.run_id, json);
    if (json) outJson(io, ended);
    return exitOf(ended);
  });
}

/** An alert file holds the alert, or `{"alert": …}` as the API takes it. */
export function alertIn(json: unknown): unknown {
  return typeof json === 'object' && json !== null && 'alert' in json ? json.alert : json;
}
