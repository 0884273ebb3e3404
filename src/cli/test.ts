import { counted } from '../domain/counted.js';
import { printable } from '../domain/api/event-line.js';
import type { Problem } from '../domain/catalog.js';
import { RunAnswer } from '../domain/api/run.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { outJson, perform, UsageError } from './io.js';
import type { CliIo, ExitCode } from './io.js';

export interface TestOptions extends ApiOptions {
  /** Files and folders; `playbooks` when none is named. */
  readonly paths: readonly string[];
  /** The playbooks folder that the tests are about; absent: the one that each test stands beside. */
  readonly playbooks?: string | undefined;
  /** Writes the test that says what happened in this run, in place of running any. */
  readonly fromRun?: string | undefined;
}

/** How one playbook test came out. */
export interface TestResult {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly ok: boolean;
  readonly failures: readonly Problem[];
  /** Of its run, in the end; null when none began. */
  readonly state: string | null;
}

/** What became of all tests, and what is wrong with files so that they could not be run. */
export interface TestedFiles {
  readonly results: readonly TestResult[];
  readonly problems: readonly Problem[];
}

/** `fixpoint test`: runs playbook tests and tells, with file:line:column, where each came out otherwise; 1 when any did. */
export async function test(
  options: TestOptions,
  io: CliIo,
  testPlaybooks: (paths: readonly string[], playbooks: string | null) => Promise<TestedFiles>,
): Promise<ExitCode> {
  return perform(io, async () => {
    const paths = options.paths.length === 0 ? ['playbooks'] : options.paths;
    const tested = await testPlaybooks(paths, options.playbooks ?? null);
    const { results, problems } = tested;
    if (results.length === 0 && problems.length === 0)
      throw new UsageError(`no *.test.yaml at ${paths.join(', ')}; see docs/playbook-tests.md`);
    const failed = results.filter((result) => !result.ok);
    const ok = failed.length === 0 && problems.length === 0;
    if (options.json) outJson(io, { ok, ...tested });
    else tell(tested, io);
    return ok ? 0 : 1;
  });
}

/** `fixpoint test --from-run`: the test that says what really happened in a run, as YAML on standard output. */
export async function testFromRun(
  options: TestOptions & { readonly fromRun: string },
  io: CliIo,
  write: (run: RunAnswer) => { readonly test: unknown; readonly yaml: string },
): Promise<ExitCode> {
  return perform(io, async () => {
    if (options.paths.length > 0) throw new UsageError('--from-run makes a test and runs none: name no path');
    const run = await new ApiClient(io, options).get(`/api/v1/runs/${encodeURIComponent(options.fromRun)}`, RunAnswer);
    const { test, yaml } = write(run);
    if (options.json) outJson(io, test);
    else io.out(yaml.trimEnd());
    return 0;
  });
}

function tell({ results, problems }: TestedFiles, io: CliIo): void {
  let file: string | null = null;
  for (const result of results) {
    if (result.file !== file) io.out(printable((file = result.file)));
    io.out(`  ${result.ok ? '✔' : '✖'} ${printable(result.name)}`);
    for (const failure of result.failures) io.out(`      ${placed(failure)}`);
  }
  for (const problem of problems) io.out(placed(problem));
  const failed = results.filter((result) => !result.ok).length;
  const counts = [`${results.length - failed} passed`, ...(failed > 0 ? [`${failed} failed`] : [])];
  if (problems.length > 0) counts.push(`${counted(problems.length, 'problem')} in files`);
  io.out(`${counted(results.length, 'test')}: ${counts.join(', ')}`);
}

function placed({ file, line, column, message }: Problem): string {
  return `${printable(file)}:${line}:${column}: ${printable(message)}`;
}
