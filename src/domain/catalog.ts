import type { CheckedPlaybook } from './playbook/playbook.js';
import type { Rule } from './rule/rule.js';
import type { FileSuppressions } from './suppression/suppression.js';

/** One thing that is wrong with a playbook or rules file, at its place (line and column count from 1). */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What was expected, and what came. */
  readonly message: string;
}

/** One consistent set of playbooks and rules. */
export interface CatalogContent {
  readonly playbooks: ReadonlyMap<string, CheckedPlaybook>;
  /** From rules.yaml and from the `trigger_conditions` of playbooks that rules.yaml does not name, in no order. */
  readonly rules: readonly Rule[];
  /** Maintenance windows and inhibition rules of suppressions.yaml; absent where there is no such file. */
  readonly suppressions?: FileSuppressions;
  /** What is wrong on disk at present; a file that broke keeps its last good version in the content above. */
  readonly problems: readonly Problem[];
  /** What is wrong with playbooks that have no good version, by their ids; absent where there is none. */
  readonly broken?: ReadonlyMap<string, readonly Problem[]>;
}

/** The playbooks and rules in force. */
export interface Catalog {
  /** Rules are read last, after everything that runs which are open already need: until `whole`, none is in force. */
  content(): CatalogContent;
  /** Resolves once every file has been read, and whoever listens has been told. */
  whole(): Promise<void>;
  /** Called after every change of the content. The answer ends it. */
  onChange(listener: (content: CatalogContent) => void): () => void;
  stop(): Promise<void>;
}
