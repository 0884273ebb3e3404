import { counted } from '../domain/counted.js';
import { printable } from '../domain/api/event-line.js';
import type { Problem } from '../domain/catalog.js';
import { outJson, perform, UsageError } from './io.js';
import type { CliIo, ExitCode, OutputOptions } from './io.js';

export interface ProveOptions extends OutputOptions {
  /** All playbooks of the folder when none is named. */
  readonly playbook_ids: readonly string[];
  /** Default: `playbooks`. */
  readonly playbooks?: string | undefined;
  /** How many things go wrong in one run at most. */
  readonly faults?: string | undefined;
  /** How many ways are gone at most. */
  readonly paths?: string | undefined;
}

/** What came of one playbook. */
export interface ProofResult {
  readonly playbook_id: string;
  readonly result: 'proven' | 'violated' | 'bound';
  readonly violations: readonly { readonly message: string; readonly steps: readonly string[] }[];
  /** What is worth a look and breaks no promise. */
  readonly warnings: readonly { readonly message: string; readonly steps: readonly string[] }[];
  /** Writes that no way led to. */
  readonly unreached: readonly string[];
  readonly paths: number;
  readonly faults: number;
}

/** What came of all, and what is wrong with the files. */
export interface Proofs {
  readonly proofs: readonly ProofResult[];
  readonly problems: readonly Problem[];
}

export interface ProveRequest {
  readonly dir: string;
  /** Null: all. */
  readonly playbook_ids: readonly string[] | null;
  readonly faults: number | null;
  readonly paths: number | null;
}

const MOST_FAULTS = 5;
const MOST_PATHS = 1_000_000;

/** `fixpoint prove`: goes every way through playbooks; 1 where something that must never happen can, or not every way could be gone. */
export async function prove(
  options: ProveOptions,
  io: CliIo,
  provePlaybooks: (request: ProveRequest) => Promise<Proofs>,
): Promise<ExitCode> {
  return perform(io, async () => {
    const { playbook_ids, playbooks: dir = 'playbooks' } = options;
    const { proofs, problems } = await provePlaybooks({
      dir,
      playbook_ids: playbook_ids.length === 0 ? null : playbook_ids,
      faults: wholeNumber(options.faults, '--faults', 0, MOST_FAULTS),
      paths: wholeNumber(options.paths, '--paths', 1, MOST_PATHS),
    });
    const ok = problems.length === 0 && proofs.every(({ result }) => result === 'proven');
    if (options.json) outJson(io, { ok, proofs, problems });
    else for (const line of linesOf({ proofs, problems })) io.out(line);
    return ok ? 0 : 1;
  });
}

function wholeNumber(text: string | undefined, name: string, least: number, most: number): number | null {
  if (text === undefined) return null;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${name}: expected a whole number from ${least} to ${most}, came ${printable(text)}`);
}

function linesOf({ proofs, problems }: Proofs): string[] {
  const lines = problems.map(({ file, line, column, message }) => printable(`${file}:${line}:${column}: ${message}`));
  for (const proof of proofs) lines.push(...linesOfProof(proof));
  return lines;
}

function linesOfProof(proof: ProofResult): string[] {
  return [...linesOfResult(proof), ...proof.warnings.flatMap((warning) => linesOfFinding(warning, '! '))];
}

function linesOfFinding({ message, steps }: ProofResult['warnings'][number], sign = ''): string[] {
  return [`  ${sign}${printable(message)}`, ...steps.map((step) => `      ${printable(step)}`)];
}

function linesOfResult({ playbook_id, result, violations, unreached, paths, faults }: ProofResult): string[] {
  const ways = `${counted(paths, 'way')}, with up to ${counted(faults, 'fault')} in a run`;
  switch (result) {
    case 'proven':
      return [`✔ ${playbook_id}: proven (${ways})`];
    case 'bound':
      return [`? ${playbook_id}: not proven: ${printable(whyNotProven(unreached, ways))}`];
    case 'violated':
      return [
        `✖ ${playbook_id}: ${counted(violations.length, 'violation')} (${ways})`,
        ...violations.flatMap((violation) => linesOfFinding(violation)),
      ];
  }
}

function whyNotProven(unreached: readonly string[], ways: string): string {
  return unreached.length > 0
    ? `none of ${ways}, led to ${unreached.join(', ')}; is there an answer that makes all of its conditions true, and are there enough approvers?`
    : `nothing was found in ${ways}, but there are more ways; give --paths more, or --faults fewer`;
}
