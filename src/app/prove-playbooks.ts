import { checkFiles } from '../catalog/check.js';
import type { Proofs, ProofResult, ProveRequest } from '../cli/prove.js';
import type { Problem } from '../domain/catalog.js';
import type { Clock } from '../domain/clock.js';
import { didYouMean } from '../domain/nearest.js';
import { executorSpecs } from '../executor/registry.js';
import { DEFAULT_BOUNDS, prove } from '../rehearsal/prove/prove.js';
import { rehearsalParts } from './rehearsal-parts.js';

/** Proves playbooks of a folder. A folder with problems is not proven: what would run is not certain. */
export async function provePlaybooks(
  { dir, playbook_ids, faults, paths }: ProveRequest,
  clock: Clock,
): Promise<Proofs> {
  const { playbooks, rules, problems } = await checkFiles([dir], executorSpecs);
  const unknown = (playbook_ids ?? [])
    .filter((id) => !playbooks.has(id))
    .map((id): Problem => ({
      file: dir,
      line: 1,
      column: 1,
      message: `there is no playbook ${id}${didYouMean(id, playbooks.keys())}`,
    }));
  if (problems.length + unknown.length > 0) return { proofs: [], problems: [...problems, ...unknown] };
  const parts = rehearsalParts(clock);
  const bounds = { faults: faults ?? DEFAULT_BOUNDS.faults, paths: paths ?? DEFAULT_BOUNDS.paths };
  const proofs: ProofResult[] = [];
  for (const checked of playbooks.values())
    if (playbook_ids === null || playbook_ids.includes(checked.playbook.playbook_id))
      proofs.push(await prove(checked, { parts, playbooks, rules }, bounds));
  return { proofs, problems: [] };
}
