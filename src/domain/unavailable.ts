const NOT_YET = 'is not available in this version';

/** Kinds that the language knows and that have no executor yet. */
export const KINDS_NOT_YET: ReadonlySet<string> = new Set([
  'kubernetes_restart',
  'kubernetes_rollback',
  'kubernetes_status',
  'kubernetes_job',
  'ssh_command',
  'ci_pipeline',
]);

/** Why a kind of the language has no executor; null when the language does not know it either. */
export function kindNotYet(kind: string): string | null {
  return KINDS_NOT_YET.has(kind) ? `${kind} ${NOT_YET}` : null;
}
