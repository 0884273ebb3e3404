import { checkFiles } from '../catalog/check.js';
import type { LoadedTest } from '../catalog/test-files.js';
import { loadTestFiles } from '../catalog/test-files.js';
import { writeYaml } from '../catalog/write-yaml.js';
import type { TestedFiles, TestResult } from '../cli/test.js';
import type { Alert } from '../domain/alert/alert.js';
import type { CatalogContent, Problem } from '../domain/catalog.js';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import { NO_FILE_SUPPRESSIONS } from '../domain/suppression/suppression.js';
import { executorSpecs } from '../executor/registry.js';
import { testOfRun } from '../rehearsal/from-run.js';
import type { RealRun } from '../rehearsal/from-run.js';
import type { Parts } from '../rehearsal/parts.js';
import { runTest } from '../rehearsal/run-test.js';
import type { TestBench } from '../rehearsal/run-test.js';
import { rehearsalParts } from './rehearsal-parts.js';
import { sources } from '../source/registry.js';

/** Runs the playbook tests at these paths. `playbooks`: the folder that they are about; null: the one that each stands beside. */
export async function testPlaybooks(
  paths: readonly string[],
  playbooks: string | null,
  clock: Clock,
): Promise<TestedFiles> {
  const files = await loadTestFiles(paths);
  const problems: Problem[] = files.flatMap((file) => file.problems);
  const parts = rehearsalParts(clock);
  const benches = new Map<string, TestBench>();
  const results: TestResult[] = [];
  for (const { folder, tests } of files) {
    if (tests.length === 0) continue;
    const dir = playbooks ?? folder;
    let bench = benches.get(dir);
    if (!bench) {
      const content = await checkFiles([dir], executorSpecs);
      problems.push(...content.problems);
      benches.set(dir, (bench = benchOf(content, parts)));
    }
    for (const test of tests) results.push(await resultOf(test, bench));
  }
  return { results, problems };
}

/** The test that says what happened in a run, as data and as a file. */
export function writeTest(run: RealRun): { readonly test: unknown; readonly yaml: string } {
  const test = testOfRun(run);
  const head = '# yaml-language-server: $schema=../../docs/playbook-test-schema.json\n';
  return { test, yaml: head + writeYaml(test) };
}

function benchOf({ playbooks, rules, suppressions }: CatalogContent, parts: Parts): TestBench {
  const held = { silences: [], ...(suppressions ?? NO_FILE_SUPPRESSIONS) };
  return { parts, playbooks, rules, suppressions: held, parse: parseWebhook };
}

async function resultOf({ test, file, locate }: LoadedTest, bench: TestBench): Promise<TestResult> {
  const { line } = locate({ path: ['name'], message: '' });
  try {
    const { complaints, story } = await runTest(test, bench);
    const failures = complaints.map(({ path, message }) => locate({ path, message }));
    const run = story?.run ?? null;
    return { name: test.name, file, line, ok: failures.length === 0, failures, state: run?.state ?? null };
  } catch (error) {
    const failures = [locate({ path: [], message: `the test could not be run: ${messageOf(error)}` })];
    return { name: test.name, file, line, ok: false, failures, state: null };
  }
}

/** What a source makes of a body, with ids of its own. */
function parseWebhook(name: string, body: unknown, now: number): readonly Alert[] | { readonly problem: string } {
  const module = sources.find((source) => source.name === name);
  if (!module)
    return {
      problem: `there is no source ${name}; expected one of ${sources.map((source) => source.name).join(', ')}`,
    };
  const parsed = module.create(module.config.parse(undefined)).parse(body, now);
  const refused = 'unusable' in parsed ? parsed.unusable : parsed.rejected.flatMap(({ details }) => details);
  const [first] = refused;
  if (first) return { problem: `${name} refuses it: ${first.path === '' ? 'body' : first.path}: ${first.message}` };
  if ('unusable' in parsed) return { problem: `${name} refuses it` };
  return parsed.alerts.map((alert, index) => ({
    ...alert,
    alert_id: `01KE6QMRG000000000000T${String(index).padStart(4, '0')}`,
    received_at: instant(now),
  }));
}
