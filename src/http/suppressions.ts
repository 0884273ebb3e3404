import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import type { KeptSuppression, SuppressionKind } from '../domain/suppression/suppression.js';
import type { HttpDeps } from './deps.js';

/** Keeps what holds alerts back and puts it in force here at once; refuses with `conflict` what cannot be kept. */
export async function addSuppression(deps: HttpDeps, kept: KeptSuppression, replaces: string | null): Promise<void> {
  const answer = await deps.store.suppressions.add(kept, replaces, instant(deps.clock.now()));
  if (answer === 'full')
    throw new FixpointError('conflict', `too many of this kind are in force; end some of them first`);
  if (answer === 'gone')
    throw new FixpointError('conflict', `${replaces ?? ''} is not in force: there is nothing to take the place of`);
  await deps.suppressions.changed();
}

/** Ends it now and lets go of what it holds; `not_found` and `conflict` where there is nothing to end. */
export async function endSuppression(
  deps: HttpDeps,
  kind: SuppressionKind,
  id: string,
  by: string,
  what: string,
): Promise<KeptSuppression> {
  const kept = await deps.store.suppressions.end(kind, id, instant(deps.clock.now()), by);
  if (kept === 'unknown') throw new FixpointError('not_found', `there is no ${what} ${id}`);
  if (kept === 'ended') throw new FixpointError('conflict', `${what} ${id} has ended already`);
  await deps.suppressions.changed();
  return kept;
}

/** Why what stands in a file cannot be ended by the API. */
export function fromFile(what: string, id: string): FixpointError {
  return new FixpointError('conflict', `${what} ${id} stands in a file of the playbooks folder: take it out there`);
}
