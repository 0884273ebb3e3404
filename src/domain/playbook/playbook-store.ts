import type { Page, PageRequest } from '../page.js';
import type { CheckedPlaybook, Playbook } from './playbook.js';

export interface PlaybookVersion {
  readonly playbook_id: string;
  readonly version: string;
  readonly source: string;
  readonly first_seen_at: string;
}

/** Every version of every playbook that was ever in force. */
export interface PlaybookStore {
  record(playbooks: readonly CheckedPlaybook[], at: string): Promise<void>;
  versions(playbook_id: string, page: PageRequest): Promise<Page<PlaybookVersion>>;
  /** One version as it was understood when it was in force; null when there never was such a one. */
  version(playbook_id: string, version: string): Promise<(PlaybookVersion & { readonly playbook: Playbook }) | null>;
}
