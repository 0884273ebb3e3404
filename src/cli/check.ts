import { counted } from '../domain/counted.js';
import type { Problem } from '../domain/catalog.js';
import { printable } from '../domain/api/event-line.js';
import { outJson, perform } from './io.js';
import type { CliIo, ExitCode, OutputOptions } from './io.js';

export interface CheckOptions extends OutputOptions {
  /** Files and folders; `playbooks` when none is named. */
  readonly paths: readonly string[];
}

/** What a check of files found. */
export interface CheckedFiles {
  readonly problems: readonly Problem[];
  readonly playbooks: number;
  readonly rules: number;
}

/** `fixpoint check`: every problem at once, as file:line:column; 1 on any. */
export async function check(
  options: CheckOptions,
  io: CliIo,
  checkFiles: (paths: readonly string[]) => Promise<CheckedFiles>,
): Promise<ExitCode> {
  return perform(io, async () => {
    const paths = options.paths.length === 0 ? ['playbooks'] : options.paths;
    const { problems, playbooks, rules } = await checkFiles(paths);
    if (options.json) outJson(io, { ok: problems.length === 0, playbooks, rules, problems });
    else {
      for (const { file, line, column, message } of problems)
        io.out(`${file}:${line}:${column}: ${printable(message)}`);
      const found = `${counted(playbooks, 'playbook')}, ${counted(rules, 'rule')}`;
      io.out(problems.length === 0 ? `ok: ${found}` : `${counted(problems.length, 'problem')} in ${found}`);
    }
    return problems.length === 0 ? 0 : 1;
  });
}
