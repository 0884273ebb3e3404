import type { ExpectedNotice, ExpectedWrite, Expectation } from '../domain/playbook-test.js';
import type { DataPath } from '../domain/schema-problem.js';
import { misfit, shown } from './fits.js';
import type { Complaint } from './scripted-cast.js';
import type { Story, Told, Written } from './story.js';

const MOST_LISTED = 20;

/** Everything in which a story differs from what a test expects, with the place in the test. */
export function differences(expect: Expectation, story: Story): Complaint[] {
  const found: Complaint[] = [];
  const complain = (path: DataPath, message: string): void => void found.push({ path: ['expect', ...path], message });
  const { run, decision } = story;
  for (const [key, expected] of Object.entries(expect.decision ?? {})) {
    const came = decision === null ? null : (decision as unknown as Record<string, unknown>)[key]; // a key of a decision, by the schema
    const why = expected === undefined ? null : misfit(expected, came);
    if (why !== null) complain(['decision', key], `${why}${decision ? ` (${decision.explanation})` : ''}`);
  }
  const asksRun = expect.state !== undefined || expect.outcome !== undefined || expect.steps !== undefined;
  if (run === null && asksRun)
    complain(['state'], `no run began: ${decision?.explanation ?? 'nothing was decided about the alert'}`);
  if (run !== null) {
    if (expect.state !== undefined && run.state !== expect.state)
      complain(['state'], `expected ${expect.state}, came ${run.state}${run.reason === null ? '' : `: ${run.reason}`}`);
    if (expect.outcome !== undefined && run.outcome !== expect.outcome)
      complain(['outcome'], `expected ${expect.outcome ?? 'none'}, came ${run.outcome ?? 'none'}`);
    if (expect.reason !== undefined && !(run.reason ?? '').includes(expect.reason))
      complain(['reason'], `expected a reason with ${shown(expect.reason)}, came ${shown(run.reason)}`);
    for (const [id, state] of Object.entries(expect.steps ?? {})) {
      const step = run.steps[id];
      const came = step?.state ?? 'pending';
      if (came === state) continue;
      const why = step?.error ?? step?.message ?? null;
      complain(['steps', id], `expected ${state}, came ${came}${why === null ? '' : `: ${why}`}`);
    }
  }
  if (expect.writes !== undefined) found.push(...writeDifferences(expect.writes, story.writes));
  found.push(...noticeDifferences(expect, story.told));
  return found;
}

function writeDifferences(expected: readonly ExpectedWrite[], came: readonly Written[]): Complaint[] {
  const found: Complaint[] = [];
  for (const [index, wanted] of expected.entries()) {
    const written = came[index];
    if (!written) {
      const others = came.length === 0 ? 'nothing was written' : `there were ${came.length} writes`;
      found.push({ path: ['expect', 'writes', index], message: `expected ${shown(wanted)}, but ${others}` });
      continue;
    }
    for (const [key, value] of Object.entries(wanted)) {
      const why = value === undefined ? null : misfit(value, (written as unknown as Record<string, unknown>)[key]); // a key of both, by the schema
      if (why !== null)
        found.push({
          path: ['expect', 'writes', index, key],
          message: `${why} (write ${index + 1} is ${shown(written)})`,
        });
    }
  }
  for (const written of came.slice(expected.length, expected.length + MOST_LISTED))
    found.push({ path: ['expect', 'writes'], message: `written and not expected: ${shown(written)}` });
  return found;
}

function noticeDifferences({ notices, no_notices }: Expectation, told: readonly Told[]): Complaint[] {
  const found: Complaint[] = [];
  for (const [index, wanted] of (notices ?? []).entries())
    if (!told.some((one) => isLike(one, wanted))) {
      const all = told.slice(0, MOST_LISTED).map(shown).join(', ');
      found.push({
        path: ['expect', 'notices', index],
        message: `nobody was told this; people were told ${all || 'nothing'}`,
      });
    }
  for (const [index, unwanted] of (no_notices ?? []).entries()) {
    const one = told.find((candidate) => isLike(candidate, unwanted));
    if (one) found.push({ path: ['expect', 'no_notices', index], message: `people were told ${shown(one)}` });
  }
  return found;
}

function isLike(told: Told, { kind, about, step, text }: ExpectedNotice): boolean {
  return (
    (kind === undefined || told.kind === kind) &&
    (about === undefined || told.about === about) &&
    (step === undefined || told.step === step) &&
    (text === undefined || told.text.includes(text))
  );
}
